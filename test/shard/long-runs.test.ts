import { describe, expect, test } from "vitest";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { ACCEPTED, CUT, executorOrder, OK } from "../support/a-run.ts";
import { MINUTE, REF, type TestShard } from "../support/a-shard.ts";
import { aBillingCopy, addressOf, aNode, anExecutorShard } from "../support/executor-shard.ts";

/** A run that its executor has accepted. */
function anAcceptedRun(more: Parameters<typeof anExecutorShard>[0] = {}) {
  const world = anExecutorShard({ timeout: "1h", ...more });
  const { id: runId } = world.runNow();
  const delivery = only(world.shard.tick(world.nowMs));
  world.answer(delivery, ACCEPTED, 202);
  return { world, runId, delivery, ref: { namespace: "default", run: runId } };
}

function only(deliveries: readonly Delivery[]): Delivery {
  const [delivery] = deliveries;
  if (delivery === undefined || deliveries.length > 1)
    throw new Error(`one delivery, not ${deliveries.length}`);
  return delivery;
}

function anExtension(runId: string, more: object = {}) {
  const whose = { namespace: "default", appKey: "billing", runId, attempt: 1 };
  return ["run.extend", { ...whose, progress: null, ...more }] as const;
}

function dueOf(world: TestShard, runId: string): number | undefined {
  const phase = world.shard.run(runId)?.phase;
  return phase !== undefined && "dueMs" in phase ? phase.dueMs : undefined;
}

describe("a lease", () => {
  test("is extended by its executor, with the progress", () => {
    const { world, runId } = anAcceptedRun();
    world.nowMs += MINUTE;
    const progress = { percent: 40, message: "two of five" };
    const { run, isCanceled } = world.do(...anExtension(runId, { progress }));

    expect(isCanceled).toBe(false);
    expect(run.progress).toEqual({ ...progress, atMs: world.nowMs });
    expect(dueOf(world, runId)).toBe(world.nowMs + 60 * MINUTE);
    expect(world.shard.nextLastingMs(world.nowMs)).toBe(world.nowMs + 60 * MINUTE);
  });

  test("is extended before the 202, and a crash then sends nothing again", () => {
    const world = anExecutorShard();
    const { id } = world.runNow();
    world.shard.tick(world.nowMs);
    world.do(...anExtension(id));
    world.restart();

    expect(world.shard.run(id)?.phase).toMatchObject({ state: "running", attempt: 1 });
    expect(world.shard.tick(world.nowMs)).toEqual([]);
  });

  test("is nobody else's to extend", () => {
    const { world, runId } = anAcceptedRun();

    expect(world.refusal(...anExtension(runId, { appKey: "other" }))).toBe("run.unknown");
    expect(world.refusal(...anExtension(runId, { namespace: "other" }))).toBe("run.unknown");
    expect(world.refusal(...anExtension("run_x"))).toBe("run.unknown");
    expect(world.refusal(...anExtension(runId, { attempt: 2 }))).toBe("callback.over");
    world.do(...world.callBack({ runId }));
    expect(world.refusal(...anExtension(runId))).toBe("callback.over");
  });
});

describe("a cancel of a run that its executor has accepted", () => {
  test("asks the node, and tells the executor with its next word", () => {
    const { world, ref, runId, delivery } = anAcceptedRun();
    const { run } = world.do("run.cancel", { ref, reason: "By hand." });

    expect(run).toMatchObject({ phase: { state: "running" }, cancelRequestedMs: world.nowMs });
    const address = delivery.route.kind === "executor" ? delivery.route.node.address : "";
    expect(world.shard.takeNotices(world.nowMs)).toEqual([
      {
        namespace: "default",
        appKey: "billing",
        node: { address, sealedSecret: "sealed-older" },
        runId,
        attempt: 1,
        reason: "By hand.",
      },
    ]);
    expect(world.shard.takeNotices(world.nowMs)).toEqual([]);
    expect(world.do(...anExtension(runId)).isCanceled).toBe(true);
    expect(world.shard.takeNotices(world.nowMs)).toEqual([]);
  });

  test("ends it when the node confirms, and asking again before is no mistake", () => {
    const { world, ref, runId } = anAcceptedRun();
    world.do("run.cancel", { ref, reason: null });
    world.do("run.cancel", { ref, reason: null });
    expect(world.shard.takeNotices(world.nowMs)).toHaveLength(1);
    world.shard.confirmCancel({ runId, attempt: 1 }, world.nowMs);

    expect(world.shard.run(runId)?.phase.state).toBe("canceled");
    expect(world.refusal("run.cancel", { ref, reason: null })).toBe("run.ended");
    world.shard.confirmCancel({ runId, attempt: 1 }, world.nowMs);
    world.shard.confirmCancel({ runId: "run_x", attempt: 1 }, world.nowMs);
  });

  test("ends it by force after ten seconds", () => {
    const { world, ref, runId } = anAcceptedRun();
    world.do("run.cancel", { ref, reason: null });
    world.shard.takeNotices(world.nowMs);
    world.tickAt(world.nowMs + 9_999);
    expect(world.shard.run(runId)?.phase.state).toBe("running");
    world.tickAt(world.nowMs + 1);

    expect(world.shard.run(runId)?.phase.state).toBe("canceled");
    expect(world.shard.takeNotices(world.nowMs)).toEqual([]);
  });

  test("lets a success be faster, and takes a failure for its stop", () => {
    for (const [status, state] of [
      ["succeeded", "succeeded"],
      ["failed", "canceled"],
      ["canceled", "canceled"],
    ] as const) {
      const { world, ref, runId } = anAcceptedRun();
      world.do("run.cancel", { ref, reason: null });
      world.do(...world.callBack({ runId, status }));
      expect(world.shard.run(runId)?.phase.state).toBe(state);
    }
  });

  test("asks once more after a restart, within the same time", () => {
    const { world, ref, runId } = anAcceptedRun();
    world.do("run.cancel", { ref, reason: null });
    const dueMs = dueOf(world, runId);
    world.restart();

    expect(world.shard.takeNotices(world.nowMs)).toMatchObject([{ runId }]);
    expect(dueOf(world, runId)).toBe(dueMs);
  });

  test("tells nobody when its transaction fails", () => {
    const { world, ref, runId } = anAcceptedRun();
    expect(() =>
      world.shard.group(world.nowMs, () => {
        world.do("run.cancel", { ref, reason: null });
        throw new Error("disk full");
      }),
    ).toThrow("disk full");

    expect(world.shard.takeNotices(world.nowMs)).toEqual([]);
    expect(world.shard.run(runId)?.cancelRequestedMs).toBeNull();
  });
});

describe("a cancel of any other run", () => {
  test("ends it at once, breaks its delivery off, and tells the node", () => {
    const world = anExecutorShard();
    const run = world.runNow();
    const { runId } = only(world.shard.tick(world.nowMs));
    const ref = { namespace: "default", run: run.id };

    expect(world.do("run.cancel", { ref, reason: null }).run.phase.state).toBe("canceled");
    expect(world.shard.takeAborts()).toMatchObject([{ runId }]);
    expect(world.shard.takeNotices(world.nowMs)).toMatchObject([{ runId, attempt: 1 }]);
  });

  test("tells the node that may still have an attempt of which nobody knows", () => {
    const world = anExecutorShard();
    const { id } = world.runNow();
    world.answer(only(world.shard.tick(world.nowMs)), CUT, null);
    world.do("run.cancel", { ref: { namespace: "default", run: id }, reason: null });

    expect(world.shard.takeNotices(world.nowMs)).toMatchObject([{ runId: id }]);
  });

  test("tells nobody of a run that has not started", () => {
    const world = anExecutorShard();
    const { id } = world.runNow();
    world.do("run.cancel", { ref: { namespace: "default", run: id }, reason: null });

    expect(world.shard.takeNotices(world.nowMs)).toEqual([]);
  });

  test("by another run, or by the deletion of its job, is at once, with a notice", () => {
    const other = anAcceptedRun({ overlap: "cancel_other" });
    other.world.runNow();
    const deleted = anAcceptedRun();
    deleted.world.do("job.delete", { ref: REF, ifVersion: null, running: "cancel" });

    for (const { world, runId } of [other, deleted]) {
      expect(world.shard.run(runId)?.phase.state).toBe("canceled");
      expect(world.shard.takeNotices(world.nowMs)).toMatchObject([{ runId }]);
    }
  });
});

test("an attempt whose node is lost is sent again to another, as the same attempt", () => {
  const { world, runId, delivery } = anAcceptedRun(executorOrder());
  const lost = delivery.route.kind === "executor" ? delivery.route.node.address : "";
  world.nowMs += MINUTE;
  const nodes = [0, 1, 2].map((i) =>
    addressOf(i) === lost ? aNode(i, { state: "offline", lostMs: world.nowMs }) : aNode(i),
  );
  world.do("directory.put", { copies: [aBillingCopy(nodes, { version: 2 })] });
  const again = only(world.shard.tick(world.nowMs));

  expect(again).toMatchObject({ runId, attempt: 1, send: 2 });
  expect(again.route).not.toMatchObject({ node: { address: lost } });
  world.answer(again, OK);
  expect(world.shard.run(runId)?.phase.state).toBe("succeeded");
});
