import { describe, expect, test } from "vitest";
import { aRunRequest, aSpec, MINUTE, REF, T0, TestShard } from "../support/a-shard.ts";
import { OK } from "../support/a-run.ts";
import { EVERY_DEFAULTS } from "../support/specs.ts";

const put = (more: object = {}) => ({
  namespace: "default",
  spec: aSpec(),
  mode: "upsert" as const,
  ifVersion: null,
  copies: [],
  ...more,
});

describe("putting a job", () => {
  test("makes it, and its next tick is the first after now", () => {
    const { view, isNew } = new TestShard().do("job.put", put());

    expect(isNew).toBe(true);
    expect(view).toMatchObject({ nextTickMs: T0 + MINUTE, runs: [] });
    expect(view.job).toMatchObject({ version: 1, state: "active", createdMs: T0 + 500 });
  });

  test("a second time with the same words changes nothing", () => {
    const world = new TestShard();
    const first = world.put();

    expect(world.do("job.put", put())).toMatchObject({ view: { job: first }, isNew: false });
  });

  test("is refused for a name that is taken, or missing, or at another version", () => {
    const world = new TestShard();

    expect(world.refusal("job.put", put({ mode: "replace" }))).toBe("job.unknown");
    expect(world.refusal("job.put", put({ ifVersion: 1 }))).toBe("version.conflict");
    world.put();
    expect(world.refusal("job.put", put({ mode: "create" }))).toBe("name.taken");
    expect(world.refusal("job.put", put({ ifVersion: 2 }))).toBe("version.conflict");
  });

  test("is refused for a schedule that is over before it began", () => {
    const world = new TestShard();
    const spec = aSpec({ schedule: { kind: "at", at: new Date(T0).toISOString() } });

    expect(world.refusal("job.put", put({ spec }))).toBe("schedule.never_fires");
    expect(world.storage.countJobs()).toBe(0);
    world.put();
    expect(world.refusal("job.put", put({ spec }))).toBe("schedule.never_fires");
    expect(world.put().version).toBe(1);
  });
});

describe("an edit", () => {
  test("of other fields leaves the next tick where it is", () => {
    const world = new TestShard();
    world.put();
    world.nowMs = T0 + 30_000;

    expect(world.put({ description: "new" }).version).toBe(2);
    expect(world.tickAt(T0 + MINUTE)).toMatchObject([{ nominalMs: T0 + MINUTE }]);
  });

  test("of the schedule gives ticks up to now to the old one, and later ones to the new", () => {
    const world = new TestShard();
    world.put();
    world.nowMs = T0 + 2 * MINUTE + 10_000;
    const anchor = new Date(T0).toISOString();
    world.put({ schedule: { kind: "every", every: "7s", anchor, ...EVERY_DEFAULTS } });
    const { ticks, runs } = world;

    expect(runs).toMatchObject([{ nominalMs: T0 + 2 * MINUTE, jobVersion: 1 }]);
    expect(ticks).toMatchObject([{ nominalMs: T0 + MINUTE, disposition: "coalesced" }]);
    expect(world.do("job.get", { ref: REF }).view.nextTickMs).toBe(T0 + 19 * 7_000);
  });

  test("does not change the orders of runs that live", () => {
    const world = new TestShard();
    world.put();
    const [delivery] = world.tickAt(T0 + MINUTE);
    world.put({ timeout: "5m" });

    expect(world.shard.run(delivery?.runId ?? "")?.order.timeoutMs).toBe(30_000);
  });

  test("to a manual schedule and back fires no tick again, though the clock stepped back", () => {
    const world = new TestShard();
    world.put();
    const [first] = world.tickAt(T0 + 10 * MINUTE);
    if (first !== undefined) world.answer(first, OK);
    world.put({ schedule: { kind: "manual" } });
    world.nowMs = T0 + 2 * MINUTE;
    world.put({ schedule: aSpec().schedule });

    expect(world.tickAt(T0 + 10 * MINUTE)).toEqual([]);
    expect(world.tickAt(T0 + 11 * MINUTE)).toMatchObject([{ nominalMs: T0 + 11 * MINUTE }]);
  });

  test("revives a job whose schedule was over", () => {
    const world = new TestShard();
    world.put({ schedule: { kind: "at", at: new Date(T0 + 1_000).toISOString() } });
    world.tickAt(T0 + 1_000);
    expect(world.do("job.get", { ref: REF }).view.job.state).toBe("ended");

    expect(world.put().state).toBe("active");
    expect(world.tickAt(T0 + MINUTE)).toHaveLength(0); // The first run has not ended.
    expect(world.ticks).toMatchObject([{ disposition: "skipped", reason: "overlap" }]);
  });
});

describe("deleting a job", () => {
  test("accounts for the ticks that were due, and fires none", () => {
    const world = new TestShard();
    world.put();
    world.nowMs = T0 + 3 * MINUTE;
    world.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });

    expect(world.ticks).toMatchObject([{ count: 3, disposition: "skipped", reason: "ended" }]);
    expect(world.tickAt(T0 + 4 * MINUTE)).toEqual([]);
    expect(world.storage.countDue()).toBe(0);
    expect(world.refusal("job.get", { ref: REF })).toBe("job.unknown");
  });

  test("lets its runs finish, or cancels them", () => {
    for (const running of ["finish", "cancel"] as const) {
      const world = new TestShard();
      world.put();
      const [delivery] = world.tickAt(T0 + MINUTE);
      world.do("job.delete", { ref: REF, ifVersion: null, running });
      const state = world.shard.run(delivery?.runId ?? "")?.phase.state;

      expect(state).toBe(running === "finish" ? "dispatching" : "canceled");
    }
  });

  test("frees the name for a job with another id", () => {
    const world = new TestShard();
    const first = world.put();
    world.do("job.delete", { ref: REF, ifVersion: null, running: "finish" });

    expect(world.put().id).not.toBe(first.id);
  });

  test("is refused at another version, and in another namespace", () => {
    const world = new TestShard();
    world.put();
    const input = { ref: REF, ifVersion: 7, running: "finish" } as const;
    const ref = { ...REF, namespace: "other" };

    expect(world.refusal("job.delete", input)).toBe("version.conflict");
    expect(world.refusal("job.delete", { ...input, ref, ifVersion: null })).toBe("job.unknown");
    expect(world.refusal("run.create", aRunRequest({ ref }))).toBe("job.unknown");
  });
});
