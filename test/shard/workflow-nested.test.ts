import { describe, expect, it } from "vitest";
import { assert } from "../../src/core/assert.ts";
import type { WorkflowRun } from "../../src/core/workflow-run.ts";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import { startKey } from "../../src/shard/start-key.ts";
import { aSpec } from "../support/a-shard.ts";
import {
  aWorkflow,
  failed,
  hook,
  NS,
  startOf,
  STORAGES,
  succeeded,
  WorkflowShards,
} from "../support/workflow-shards.ts";

/** The live workflow run of this name. */
function liveOf(world: WorkflowShards, name: string): WorkflowRun {
  const storage = world.storages[world.shardOf(name)];
  const run = storage?.workflowRunsAfter("", 100).find((found) => found.workflowName === name);
  assert(run !== undefined, `there is a run of ${name}`);
  return world.now(run);
}

function nested(storage: () => ShardStorage) {
  const world = new WorkflowShards({ storage, shards: 3 });
  world.put(aWorkflow("inner", [hook("work")]));
  world.put(aWorkflow("middle", [{ name: "deep", workflow: "inner" }]));
  world.put(aWorkflow("outer", [{ name: "sub", workflow: "middle", params: { n: 1 } }]));
  return world;
}

describe.each(STORAGES)("workflows within workflows on %s storage", (_name, storage) => {
  it("gives the output of the inner one to the outer one", async () => {
    const world = nested(storage);
    world.answer = () => succeeded({ rows: 4 });
    const run = world.start("outer");
    await world.settle();
    expect(world.now(run)).toMatchObject({ phase: { state: "succeeded" }, output: { rows: 4 } });
    expect(liveOf(world, "middle")).toMatchObject({ nesting: 1, params: { n: 1 } });
    expect(liveOf(world, "inner")).toMatchObject({ nesting: 2 });
  });

  it("fails with the inner one", async () => {
    const world = nested(storage);
    world.answer = () => failed("no disk");
    const run = world.start("outer");
    await world.settle();
    expect(world.now(run)).toMatchObject({ phase: { state: "failed" } });
    expect(world.now(run).error?.message).toContain("no disk");
  });

  it("cancels all that are within", async () => {
    const world = nested(storage);
    world.answer = () => null;
    const run = world.start("outer");
    await world.settle();
    expect(world.outSteps).toEqual(["work"]);
    world.act(run, { kind: "cancel", reason: "enough" });
    await world.settle();
    expect(liveOf(world, "inner").phase.state).toBe("canceled");
    expect(liveOf(world, "middle").phase.state).toBe("canceled");
    expect(world.now(run)).toMatchObject({ phase: { state: "canceled" }, cancelReason: "enough" });
    expect(world.at(world.shardOf("inner")).run(world.deliveries[0]?.runId ?? "")).toMatchObject({
      phase: { state: "canceled" },
    });
  });

  it("ends the outer one by force when the inner one cannot be reached, and tells it later", async () => {
    const world = nested(storage);
    world.answer = () => null;
    const run = world.start("outer");
    await world.settle();
    world.areReachable = false;
    world.act(run, { kind: "cancel", reason: null });
    await world.settle();
    expect(world.now(run).phase.state).toBe("ending");
    await world.advance(10_000);
    expect(world.now(run).phase.state).toBe("canceled");
    expect(liveOf(world, "inner").phase.state).toBe("running");
    world.areReachable = true;
    world.restart();
    await world.settle();
    expect(liveOf(world, "inner").phase.state).toBe("canceled");
    expect(world.do("stats", {}, world.shardOf("outer")).errands).toBe(0);
  });

  it("tells the outer one of the end though the process died before it was sent", async () => {
    const world = nested(storage);
    world.answer = () => null;
    const run = world.start("outer");
    await world.settle();
    world.areReachable = false;
    await world.reply("work", succeeded("late"));
    const shard = world.at(world.shardOf("inner"));
    expect(shard.nextLastingMs(world.nowMs)).toBeGreaterThan(world.nowMs);
    expect(world.now(run).phase.state).toBe("running");
    world.restart();
    expect(world.at(world.shardOf("inner")).nextLastingMs(world.nowMs)).toBe(world.nowMs);
    world.areReachable = true;
    await world.settle();
    expect(world.now(run)).toMatchObject({ phase: { state: "succeeded" }, output: "late" });
  });

  it("does not start what is stopped before it has come", async () => {
    const world = nested(storage);
    const shard = world.shardOf("inner");
    const runId = `run_${"0".repeat(12)}7${"0".repeat(3)}8${"0".repeat(15)}00`;
    const stop = { namespace: NS, workflow: "inner", run: runId, attempt: 2, reason: "over" };
    expect(world.do("workflow-run.stop", stop, shard)).toEqual({ stopped: true });
    expect(world.do("workflow-run.stop", stop, shard)).toEqual({ stopped: false });
    const trigger = { kind: "run", run: runId, attempt: 2, shard: 0 } as const;
    const reply = world.command("workflow-run.create", startOf("inner", { trigger }), {
      shard,
      idempotency: startKey(runId, 2),
    });
    expect(reply).toMatchObject({ ok: true, value: { run: { phase: { state: "canceled" } } } });
    await world.settle();
    expect(world.deliveries).toEqual([]);
    expect(world.do("stats", {}, shard).liveWorkflowRuns).toBe(0);
  });

  it("refuses to go deeper than it may", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("loop", [{ name: "again", workflow: "loop" }]));
    const run = world.start("loop");
    await world.settle();
    expect(world.now(run)).toMatchObject({ phase: { state: "failed" } });
    expect(world.now(run).error?.code).toBe("workflow.nested");
    expect(world.storages[0]?.workflowRunsAfter("", 100)).toHaveLength(9);
  });

  it("shows the items of a map of workflows, and of their long outputs as many as fit", async () => {
    const world = new WorkflowShards({ storage });
    const twice = ["${params.text}", "${params.text}"];
    world.put(aWorkflow("inner", [{ name: "a" }], { output: twice }));
    const params = { text: "${params.text}" };
    const complete = { mode: "any", rest: "finish" } as const;
    const map = { over: "${[1, 2, 3]}" };
    world.put(aWorkflow("outer", [{ name: "each", workflow: "inner", map, params, complete }]));
    const text = "t".repeat(260_000);
    const run = world.start("outer", { params: { text } });
    await world.settle();
    const ref = { namespace: NS, workflowRun: run.id };
    const asked = { ref, step: "each", afterPart: -1, limit: 9 };
    const { parts } = world.do("workflow-run.step", asked);
    expect(parts.map(({ output }) => JSON.stringify(output).length)).toEqual([520_007, 4, 4]);
    expect(parts.map(({ outputTruncated }) => outputTruncated)).toEqual([false, true, true]);
    const { parts: last } = world.do("workflow-run.step", { ...asked, afterPart: 1 });
    expect(last).toMatchObject([{ part: 2, output: [text, text], outputTruncated: false }]);
  });

  it("runs a workflow as the target of a job, which ends with it and is done again as it says", async () => {
    const world = new WorkflowShards({ storage, shards: 2 });
    world.put(aWorkflow("inner", [hook("work")]));
    const retry = { ...aSpec().retry, max: 1 };
    const spec = aSpec({
      target: { kind: "workflow", workflow: "inner" },
      schedule: { kind: "manual" },
      timeout: "30d",
      retry,
    });
    const put = { namespace: NS, spec, mode: "upsert", ifVersion: null, copies: [] } as const;
    world.do("job.put", put);
    let tries = 0;
    world.answer = () => (++tries === 1 ? failed() : succeeded("second"));
    const { run } = world.do("run.create", {
      ref: { namespace: NS, job: "report" },
      trigger: "api",
      params: { size: 2 },
      node: null,
      atMs: null,
      overlap: null,
      traceparent: null,
    });
    await world.settle();
    expect(world.at().run(run.id)).toMatchObject({ phase: { state: "retrying" } });
    await world.advance(1_000);
    expect(world.at().run(run.id)).toMatchObject({
      phase: { state: "succeeded", attempt: 2 },
      result: "second",
    });
    const made = world.storages[world.shardOf("inner")]?.workflowRunsAfter("", 10) ?? [];
    expect(made.map(({ phase }) => phase.state).toSorted()).toEqual(["failed", "succeeded"]);
  });

  it("stops the workflow run of a job's run that is canceled", async () => {
    const world = new WorkflowShards({ storage, shards: 2 });
    world.put(aWorkflow("inner", [hook("work")]));
    const target = { kind: "workflow", workflow: "inner" } as const;
    const spec = aSpec({ target, schedule: { kind: "manual" }, timeout: "30d" });
    const put = { namespace: NS, spec, mode: "upsert", ifVersion: null, copies: [] } as const;
    world.do("job.put", put);
    world.answer = () => null;
    const ref = { namespace: NS, job: "report" };
    const asked = { ref, trigger: "api", params: null, node: null, atMs: null } as const;
    const { run } = world.do("run.create", { ...asked, overlap: null, traceparent: null });
    await world.settle();
    expect(world.outSteps).toEqual(["work"]);
    world.do("run.cancel", { ref: { namespace: NS, run: run.id }, reason: "stop" });
    await world.settle();
    expect(liveOf(world, "inner")).toMatchObject({
      phase: { state: "canceled" },
      cancelReason: "stop",
    });
    expect(world.at().run(run.id)).toMatchObject({ phase: { state: "canceled" } });
  });
});
