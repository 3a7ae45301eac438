import { beforeAll, expect, test } from "vitest";
import { browserOfFile } from "../support/browser/browser-of-file.ts";
import { startStandalone } from "../support/browser/dashboard-host.ts";
import { STORIES } from "./stories.ts";
import { firstRunStandalone } from "./stories/first-run.ts";
import { StoryWorld } from "./stories/story-world.ts";

const FIRST_GREEN_MS_MAX = 60_000;
const open = browserOfFile();
let world: StoryWorld;

beforeAll(async () => {
  world = await StoryWorld.on(await startStandalone(), open);
  return () => world.close();
});

test("the first green tick of a new folder is in the browser within a minute", async () => {
  const greenMs = await firstRunStandalone(open);

  process.stderr.write(`first green tick: ${(greenMs / 1_000).toFixed(1)} s after the start\n`);
  expect(greenMs).toBeLessThan(FIRST_GREEN_MS_MAX);
});

test.for(STORIES)("%s", ([, story]) => story(world));
