import { describe, expect, it } from "vitest";
import type { Errand, ShardStorage } from "../../src/ports/shard-storage.ts";
import { Errands } from "../../src/shard/errands.ts";
import { SHARD_LIMITS } from "../../src/shard/limits.ts";
import { STORAGES } from "../support/workflow-shards.ts";

const NOW = 1_000_000;

function stop(n: number): Errand {
  const input = { namespace: "default", workflow: "w", run: `run_${n}`, attempt: 1, reason: "" };
  return { id: `stop:${n}`, createdMs: NOW, kind: "workflow-run.stop", input };
}

function open(storage: ShardStorage, limits = {}): Errands {
  const errands = new Errands(storage, { ...SHARD_LIMITS, ...limits });
  errands.rebuild();
  return errands;
}

describe.each(STORAGES)("errands on %s storage", (_name, make) => {
  it("are sent in their order, so many at once, and go when they are answered", () => {
    const errands = open(make(), { errandsOutMax: 2 });
    for (const n of [1, 2, 3]) errands.add(stop(n));
    expect(errands.nextMs(NOW)).toBe(NOW);
    expect(errands.take(NOW)).toEqual([stop(1), stop(2)]);
    expect(errands.nextMs(NOW)).toBeUndefined();
    expect(errands.nextLastingMs(NOW)).toBe(NOW + 60_000);
    errands.remove("stop:1");
    expect(errands.take(NOW)).toEqual([stop(3)]);
    errands.remove("stop:2");
    errands.remove("stop:3");
    expect(errands.size).toBe(0);
    expect(errands.nextLastingMs(NOW)).toBeUndefined();
  });

  it("are sent again later and later while nobody answers, and no later than every minute", () => {
    const errands = open(make());
    errands.add(stop(1));
    let nowMs = NOW;
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries++) {
      expect(errands.take(nowMs)).toHaveLength(1);
      errands.putOff("stop:1", nowMs);
      const nextMs = errands.nextMs(nowMs) ?? 0;
      expect(errands.take(nextMs - 1)).toEqual([]);
      waits.push(nextMs - nowMs);
      nowMs = nextMs;
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000));
  });

  it("are found again by a start, and not doubled by a rebuild while they are out", () => {
    const storage = make();
    const errands = open(storage);
    errands.add(stop(1));
    errands.add(stop(2));
    expect(errands.take(NOW)).toHaveLength(2);
    errands.putOff("stop:2", NOW);
    errands.rebuild();
    expect(errands.take(NOW)).toEqual([]);
    expect(errands.size).toBe(2);
    expect(open(storage).take(NOW)).toEqual([stop(1), stop(2)]);
  });

  it("bound what the shard takes in", () => {
    const errands = open(make(), { errandsMax: 1 });
    expect(errands.hasRoom).toBe(true);
    errands.add(stop(1));
    expect(errands.hasRoom).toBe(false);
  });
});
