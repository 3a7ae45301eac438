import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import {
  idOf,
  PLACEMENT_LIMITS,
  shardOf,
  shardOfId,
  stepRunId,
  tickRunId,
  workflowRunIdFor,
  workflowShardOf,
} from "../../src/core/placement.ts";
import type { PartRef } from "../../src/core/workflow-effect.ts";

const UUID = "019aa3c1-d200-7abc-8def-0123456789ab";

describe("the shard of a name", () => {
  test("never changes: stored jobs are found by it", () => {
    const names = ["nightly-report", "a", "", "日本 🎌"];

    expect(names.map((name) => shardOf("default", name, 8))).toEqual(GOLDEN.shards);
    expect(names.map((name) => shardOf("default", name, 1))).toEqual([0, 0, 0, 0]);
  });

  test("depends on the namespace, whatever separates the two", () => {
    const shards = PLACEMENT_LIMITS.shardsMax;

    expect(shardOf("a", "bc", shards)).not.toBe(shardOf("ab", "c", shards));
  });

  test("is even over the shards", () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let i = 0; i < 80_000; i++) {
      const shard = shardOf("default", `job-${i}`, 8);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }

    // Four standard deviations of a fair draw.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(4 * 94);
  });
});

describe("an id", () => {
  test("says its kind and its shard", () => {
    fc.assert(
      fc.property(
        fc.uuid({ version: 7 }),
        fc.nat(PLACEMENT_LIMITS.shardsMax - 1),
        (uuid, shard) => {
          const id = idOf("run", uuid, shard);

          expect(shardOfId("run", id, PLACEMENT_LIMITS.shardsMax)).toBe(shard);
          expect(shardOfId("job", id, PLACEMENT_LIMITS.shardsMax)).toBeUndefined();
        },
      ),
    );
  });

  test.each(["", "run_", UUID, `run_${UUID}00`, `${idOf("run", UUID, 3)}0`, "run_x"])(
    "%j is none",
    (text) => expect(shardOfId("run", text, 8)).toBeUndefined(),
  );

  test("of a shard that the deployment does not have is none", () => {
    expect(shardOfId("job", idOf("job", UUID, 7), 8)).toBe(7);
    expect(shardOfId("job", idOf("job", UUID, 8), 8)).toBeUndefined();
  });
});

describe("the run of a tick", () => {
  test("has the same id whoever computes it, and whenever", () => {
    expect(tickRunId(idOf("job", UUID, 5), 1_790_000_000_000, 5)).toBe(GOLDEN.run);
  });

  test("has an id of its own, in the layout of a UUID of version 7, sorted by nominal time", () => {
    const ids = createIds();
    const jobs = Array.from({ length: 100 }, () => idOf("job", ids.next(1_780_000_000_000), 5));
    const ticks = Array.from({ length: 200 }, (_, i) => 1_790_000_000_000 + i * 1_000);
    const runs = ticks.flatMap((tick) => jobs.map((job) => tickRunId(job, tick, 5)));

    expect(new Set(runs).size).toBe(20_000);
    for (const id of runs) expect(id).toMatch(/^run_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}05$/);
    expect(runs.toSorted()).toEqual(runs);
  });
});

describe("a workflow", () => {
  test("has a shard of its own, which never changes", () => {
    const names = ["nightly-report", "a", "日本 🎌"];

    expect(names.map((name) => workflowShardOf("default", name, 8))).toEqual(GOLDEN.workflowShards);
    expect(workflowShardOf("default", "a", 8)).toBe(shardOf("default", "workflow:a", 8));
  });
});

describe("the run of a step", () => {
  const REF: PartRef = { step: 0, part: -1, revision: 1, isCompensation: false };
  const WORKFLOW_RUN = idOf("wr", UUID, 5);
  const aRef = fc.record({
    step: fc.nat(9_999),
    part: fc.integer({ min: -1, max: 9_999 }),
    revision: fc.integer({ min: 1, max: 10_000 }),
    isCompensation: fc.boolean(),
  });

  test("has the same id whoever computes it, and whenever", () => {
    expect(stepRunId(WORKFLOW_RUN, REF, 5)).toBe(GOLDEN.stepRun);
    expect(workflowRunIdFor(idOf("run", UUID, 5), 1, 7)).toBe(GOLDEN.nestedRun);
  });

  test("has an id in the layout of a UUID of version 7, of the workflow run's time, in its shard", () => {
    fc.assert(
      fc.property(
        fc.uuid({ version: 7 }),
        aRef,
        fc.nat(PLACEMENT_LIMITS.shardsMax - 1),
        (uuid, ref, shard) => {
          const workflowRun = idOf("wr", uuid, shard);
          const id = stepRunId(workflowRun, ref, shard);

          expect(id).toMatch(/^run_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}[0-9a-z]{2}$/);
          expect(id.slice(4, 16)).toBe(workflowRun.slice(3, 15));
          expect(shardOfId("run", id, PLACEMENT_LIMITS.shardsMax)).toBe(shard);
          const nested = workflowRunIdFor(id, ref.revision, shard);
          expect(nested).toMatch(/^wr_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}[0-9a-z]{2}$/);
          expect(shardOfId("wr", nested, PLACEMENT_LIMITS.shardsMax)).toBe(shard);
        },
      ),
    );
  });

  test("has an id of its own: no two places, revisions or workflow runs share one", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(3), aRef), { selector: JSON.stringify, maxLength: 200 }),
        (refs) => {
          const ids = refs.map(([run, ref]) =>
            stepRunId(idOf("wr", UUID.slice(0, -1) + run, 5), ref, 5),
          );
          expect(new Set(ids).size).toBe(refs.length);
        },
      ),
    );
    const all = Array.from({ length: 100_000 }, (_, i) => {
      const [step, part, revision] = [
        i % 100,
        Math.floor(i / 100) % 20,
        Math.floor(i / 2_000) % 25,
      ];
      return stepRunId(WORKFLOW_RUN, { step, part, revision, isCompensation: i >= 50_000 }, 5);
    });
    expect(new Set(all).size).toBe(100_000);
    const attempts = Array.from({ length: 1_000 }, (_, i) =>
      workflowRunIdFor(idOf("run", UUID, 5), i, 5),
    );
    expect(new Set(attempts).size).toBe(1_000);
  });

  test("cannot be told from what is no workflow run", () => {
    expect(() => stepRunId(idOf("run", UUID, 5), REF, 5)).toThrow("bug");
    expect(() => workflowRunIdFor(WORKFLOW_RUN, 1, 5)).toThrow("bug");
  });
});

/** Computed once, and never again: data of earlier versions hangs on them. */
const GOLDEN = {
  shards: [3, 5, 7, 4],
  run: "run_01a0c4506c007a3c874802af0def012305",
  workflowShards: [4, 0, 4],
  stepRun: "run_019aa3c1d2007bba9f15c8f305e0d68805",
  nestedRun: "wr_019aa3c1d200734585c15bcac71dc12107",
};
