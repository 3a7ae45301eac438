import { describe, expect, test } from "vitest";
import { OK } from "../support/a-run.ts";
import { MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";

const MANUAL = { kind: "manual" } as const;

/** Three jobs that tick at the same minutes, in the order low, normal, high, and two slots. */
function aCrowdedShard(): TestShard {
  const world = new TestShard({ slots: 1 });
  world.put({ name: "low", priority: -5, overlap: "allow", timeout: "1h" });
  world.put({ name: "normal", overlap: "allow", timeout: "1h" });
  world.put({ name: "high", priority: 7, overlap: "allow", timeout: "1h" });
  return world;
}

/** Answers what is out, and says what goes out for it, as often as something does. */
function drain(world: TestShard): readonly string[] {
  const names: string[] = [];
  for (let [out] = world.shard.tick(world.nowMs); out; [out] = world.shard.tick(world.nowMs)) {
    names.push(out.jobName);
    world.answer(out, OK);
  }
  return names;
}

describe("where slots are short", () => {
  test("jobs of a higher priority are planned first", () => {
    const world = aCrowdedShard();
    world.nowMs = T0 + MINUTE;

    expect(drain(world)).toEqual(["high", "normal", "low"]);
  });

  test("waiting runs of a higher priority start first, of one priority the first one", () => {
    const world = new TestShard({ slots: 1 });
    for (const [name, priority] of Object.entries({ a: 0, b: 3, c: 0, d: 3, e: -1 })) {
      world.put({ name, priority, schedule: MANUAL });
      world.nowMs++;
      world.runNow({ ref: { ...REF, job: name } });
    }
    world.shard.tick(world.nowMs);

    expect(["b", "d", "a", "c", "e"]).toEqual([...runningNames(world), ...finish(world)]);
  });

  test("an overdue job goes before ready runs of a lower priority, and after those of its own", () => {
    const world = aCrowdedShard();
    world.put({ name: "other", priority: 3, schedule: MANUAL });
    world.nowMs = T0 + MINUTE;
    world.runNow({ ref: { ...REF, job: "other" } });
    world.put({ name: "same", priority: 7, schedule: MANUAL });
    world.runNow({ ref: { ...REF, job: "same" } });

    expect(drain(world)).toEqual(["same", "high", "other", "normal", "low"]);
  });

  test("it is the same after a restart, and an edit of the priority counts at once", () => {
    const world = aCrowdedShard();
    world.put({ name: "low", priority: 100, overlap: "allow", timeout: "1h" });
    world.restart();
    world.nowMs = T0 + MINUTE;

    expect(drain(world)).toEqual(["low", "high", "normal"]);
    expect(world.storage.scanDue(idOf(world, "low"))?.priority).toBe(100);
  });
});

function idOf(world: TestShard, name: string): string {
  return world.storage.getJobByName("default", name)?.id ?? "";
}

function runningNames(world: TestShard): readonly string[] {
  return world.runs.filter(({ phase }) => phase.state === "dispatching").map((run) => run.jobName);
}

function finish(world: TestShard): readonly string[] {
  const run = world.runs.find(({ phase }) => phase.state === "dispatching");
  if (run !== undefined)
    world.shard.answers(
      [
        {
          runId: run.id,
          attempt: 1,
          send: 1,
          answer: OK,
          status: 200,
          phases: null,
          node: null,
          unreached: [],
        },
      ],
      world.nowMs,
    );
  return drain(world);
}
