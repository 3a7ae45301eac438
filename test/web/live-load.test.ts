import { beforeAll, expect, test } from "vitest";
import { browserOfFile } from "../support/browser/browser-of-file.ts";
import { ADMIN, startStandalone } from "../support/browser/dashboard-host.ts";
import { LiveRelay } from "../support/browser/live-relay.ts";
import { type Cookies, logIn } from "../support/browser/log-in.ts";
import type { OpenPage } from "../support/browser/open-page.ts";
import { seed } from "../support/browser/seed.ts";
import type { HostClient } from "../support/host-client.ts";
import { eventually } from "../support/eventually.ts";

const ROWS_PER_SECOND = 1_000;
const SECONDS = 10;
/** Each tells at least that it was sent and that it has ended. */
const RUNS = 10;
const ROWS_KEPT_MIN = 2 * RUNS;
const START_MS_MAX = 120_000;
/** Two handings on of rows, one tick of the clock, and what answers to reloads show. */
const CHANGES_PER_SECOND_MAX = 6;
const ELEMENTS_GROWN_MAX = 100;
/** A page that hangs has tasks of seconds; how long they are exactly depends on what else the machine does. */
const TASK_MS_MAX = 1_000;

const open = browserOfFile();
let client: HostClient;
let relay: LiveRelay;
let cookies: Cookies;

beforeAll(async () => {
  const host = await startStandalone();
  client = host.client;
  const world = await seed(client);
  relay = await LiveRelay.before(client.url);
  cookies = await logIn(client.url, ADMIN);
  return async () => {
    await relay.close();
    await world.close();
    await host.stop();
  };
}, START_MS_MAX);

interface Watched {
  readonly taskMs: number;
  readonly blockedMs: number;
  readonly changes: number;
}

/** Runs in the page: counts from now on when its content changes, and measures long tasks. */
function watch(): void {
  const watched = { taskMs: 0, blockedMs: 0, changes: 0 };
  Reflect.set(globalThis, "watched", watched);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      watched.taskMs = Math.max(watched.taskMs, duration);
      watched.blockedMs += duration;
    }
  }).observe({ type: "longtask" });
  const main = document.querySelector("main");
  if (main === null) throw new Error("there is no page");
  const all = { childList: true, characterData: true, attributes: true, subtree: true };
  new MutationObserver(() => watched.changes++).observe(main, all);
}

async function elements({ page }: OpenPage): Promise<number> {
  return page.evaluate(() => document.querySelectorAll("*").length);
}

test.each([
  ["Home", "/"],
  ["Runs", "/runs"],
])("%s stays calm under a thousand live rows a second", async (name, path) => {
  const shown = await open(relay.url + path, { cookies });
  await shown.settled();
  for (let i = 0; i < RUNS; i++) {
    // oxlint-disable-next-line no-await-in-loop -- So that they are not coalesced.
    await client.get("POST", "/jobs/heartbeat/runs?wait=20s&overlap=allow", 200);
  }
  await eventually("real rows have passed", () => relay.rows.length >= ROWS_KEPT_MIN || undefined);
  const before = await elements(shown);
  await shown.page.evaluate(watch);

  const told = await relay.replay(ROWS_PER_SECOND, SECONDS);

  const watched = await shown.page.evaluate(
    // Put there by `watch`.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    () => Reflect.get(globalThis, "watched") as Watched,
  );
  const after = await elements(shown);
  process.stdout.write(
    `${name}: ${told} rows in ${SECONDS} s; longest task ${watched.taskMs.toFixed(0)} ms, ` +
      `long tasks ${watched.blockedMs.toFixed(0)} ms in all, ${watched.changes} changes, ` +
      `${before} elements before and ${after} after\n`,
  );
  await eventually("the page has heard all", () => relay.isAllHeard || undefined);
  expect(watched.changes).toBeLessThanOrEqual(CHANGES_PER_SECOND_MAX * SECONDS);
  expect(after).toBeLessThanOrEqual(before + ELEMENTS_GROWN_MAX);
  expect(watched.taskMs).toBeLessThan(TASK_MS_MAX);
  await shown.expectClean();
});
