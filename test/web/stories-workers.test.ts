import { beforeAll, test } from "vitest";
import { browserOfFile } from "../support/browser/browser-of-file.ts";
import { startWorkers } from "../support/browser/dashboard-host.ts";
import { STORIES } from "./stories.ts";
import { firstRunWorkers } from "./stories/first-run.ts";
import { StoryWorld } from "./stories/story-world.ts";

const open = browserOfFile();
let world: StoryWorld;

beforeAll(async () => {
  world = await StoryWorld.on(await startWorkers(), open);
  return () => world.close();
});

test("the setup token makes the first user, and nobody after that", () => firstRunWorkers(open));

test.for(STORIES)("%s", ([, story]) => story(world));
