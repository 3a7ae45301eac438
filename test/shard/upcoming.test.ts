import { expect, test } from "vitest";
import { aSpec, T0, TestShard } from "../support/a-shard.ts";
import { CRON_DEFAULTS } from "../support/specs.ts";

const cron = (text: string) =>
  ({ kind: "cron", dialect: "standard", cron: text, timezone: "UTC", ...CRON_DEFAULTS }) as const;
const MINE = { namespace: "default", executors: null, limit: 2 };

function put(world: TestShard, namespace: string, name: string, text: string): void {
  const spec = aSpec({ name, schedule: cron(text) });
  const more = { mode: "upsert", ifVersion: null, copies: [] } as const;
  world.do("job.put", { namespace, spec, ...more });
}

test("the jobs that fire next come in the order of their ticks, and no more than asked for", () => {
  const world = new TestShard();
  put(world, "default", "yearly", "0 0 1 1 *");
  put(world, "default", "soon", "* * * * *");
  put(world, "default", "hourly", "59 * * * *");
  put(world, "other", "theirs", "* * * * *");

  const { jobs, isCut } = world.do("due.upcoming", MINE);

  expect(jobs.map(({ name }) => name)).toEqual(["soon", "hourly"]);
  expect(jobs[0]?.tickMs).toBeGreaterThan(T0);
  expect(jobs[0]).toMatchObject({ timezone: "UTC" });
  expect(isCut).toBe(false);
});

test("a job that is paused is not among them", () => {
  const world = new TestShard();
  put(world, "default", "soon", "* * * * *");
  const ref = { namespace: "default", job: "soon" };
  world.do("job.pause", { ref, untilMs: T0 + 3_600_000, reason: null });

  expect(world.do("due.upcoming", MINE).jobs).toEqual([]);
});

test("a thousand entries are looked at, whosever they are, and it is told that there are more", () => {
  const world = new TestShard();
  for (let i = 0; i < 1_000; i++) put(world, "other", `theirs-${i}`, "* * * * *");
  put(world, "default", "mine", "59 * * * *");

  expect(world.do("due.upcoming", MINE)).toEqual({ jobs: [], isCut: true });
  expect(world.do("due.upcoming", { ...MINE, namespace: "other" }).jobs).toHaveLength(2);
});
