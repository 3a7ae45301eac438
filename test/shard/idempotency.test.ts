import { describe, expect, test } from "vitest";
import { OK } from "../support/a-run.ts";
import { aRunRequest, TestShard } from "../support/a-shard.ts";

const KEY = { key: "k1", bodyHash: "h1" };

function aWorld(): TestShard {
  const world = new TestShard();
  world.put({ schedule: { kind: "manual" }, overlap: "allow" });
  return world;
}

describe("an idempotency key", () => {
  test("gives the first answer again, and does nothing", () => {
    const world = aWorld();
    const first = world.do("run.create", aRunRequest(), KEY);
    const at = { nowMs: world.nowMs, idempotency: KEY };
    const again = world.shard.command("run.create", aRunRequest(), at);

    expect(again).toEqual({ ok: true, value: first, isReplay: true });
    expect(world.runs).toHaveLength(1);
  });

  test("outlives a crash, and the run itself", () => {
    const world = aWorld();
    const { run } = world.do("run.create", aRunRequest(), KEY);
    const [delivery] = world.shard.tick(world.nowMs);
    if (delivery !== undefined) world.answer(delivery, OK);
    world.flush();
    expect(world.runs).toHaveLength(0);
    world.restart();

    expect(world.do("run.create", aRunRequest(), KEY).run.id).toBe(run.id);
  });

  test("with another request is refused", () => {
    const world = aWorld();
    world.do("run.create", aRunRequest(), KEY);

    expect(world.refusal("run.create", aRunRequest(), { ...KEY, bodyHash: "h2" })).toBe(
      "idempotency.mismatch",
    );
  });

  test("of a command that was refused may be used again", () => {
    const world = new TestShard();

    expect(world.refusal("run.create", aRunRequest(), KEY)).toBe("job.unknown");
    world.put({ schedule: { kind: "manual" } });
    expect(world.refusal("run.create", aRunRequest(), KEY)).toBeUndefined();
  });

  test("that is claimed for another shard does not wipe out an answer given here", () => {
    const world = aWorld();
    world.do("idempotency.claim", {}, { ...KEY, key: "k2" });
    expect(world.refusal("idempotency.claim", {}, { key: "k2", bodyHash: "h9" })).toBe(
      "idempotency.mismatch",
    );
    const { run } = world.do("run.create", aRunRequest(), KEY);
    world.do("idempotency.claim", {}, KEY);

    expect(world.do("run.create", aRunRequest(), KEY).run.id).toBe(run.id);
  });

  test("is forgotten in time, so that keys do not pile up", () => {
    const world = aWorld();
    for (let i = 0; i < 20; i++)
      world.do("run.create", aRunRequest(), { key: `k${i}`, bodyHash: "h" });
    world.nowMs += world.limits.idempotencyMs + 1;
    for (let i = 0; i < 10; i++)
      world.do("run.create", aRunRequest(), { key: `new${i}`, bodyHash: "h" });

    expect(world.storage.getIdempotency("k0")).toBeUndefined();
    expect(world.storage.getIdempotency("k19")).toBeUndefined();
  });
});
