import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import { idOf, PLACEMENT_LIMITS, shardOf, shardOfId, tickRunId } from "../../src/core/placement.ts";

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

/** Computed once, and never again: data of earlier versions hangs on them. */
const GOLDEN = {
  shards: [3, 5, 7, 4],
  run: "run_01a0c4506c007a3c874802af0def012305",
};
