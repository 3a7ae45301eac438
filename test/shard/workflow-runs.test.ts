import { describe, expect, it } from "vitest";
import {
  aWorkflow,
  failed,
  hook,
  NS,
  STORAGES,
  succeeded,
  WorkflowShards,
} from "../support/workflow-shards.ts";

describe.each(STORAGES)("workflow runs on %s storage", (_name, storage) => {
  it("runs step after step, hands outputs on and shares the context", async () => {
    const world = new WorkflowShards({ storage });
    world.put(
      aWorkflow(
        "etl",
        [
          hook("extract", { params: { day: "${params.day}" } }),
          hook("load", { after: ["extract"], params: { rows: "${steps.extract.output.rows}" } }),
        ],
        { params: { day: "today", unused: 1 }, priority: 7 },
      ),
    );
    world.answer = ({ workflow }) =>
      workflow?.step === "extract" ? succeeded({ rows: 3 }, { batch: 9 }) : succeeded("done");

    const run = world.start("etl", { params: { day: "monday" } });
    expect(run).toMatchObject({
      phase: { state: "running" },
      params: { day: "monday", unused: 1 },
    });
    await world.settle();

    const [extract, load] = world.deliveries;
    expect(extract).toMatchObject({
      jobId: run.workflowId,
      jobName: "etl",
      trigger: "workflow",
      params: { day: "monday" },
      workflow: { run: run.id, step: "extract", revision: 1, part: null, context: {} },
    });
    expect(load).toMatchObject({
      params: { rows: 3 },
      workflow: { step: "load", context: { batch: 9 } },
    });
    expect(world.now(run)).toMatchObject({
      phase: { state: "succeeded" },
      output: "done",
      context: { batch: 9 },
      counts: { total: 2, succeeded: 2 },
    });
    expect(world.at().run(extract?.runId ?? "")?.order.priority).toBe(7);
  });

  it("begins steps in the tick after the answer, with one row for each run's insertion and start", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("pair", [hook("a"), hook("b", { after: ["a"] })]));
    world.answer = () => null;
    world.start("pair");
    await world.settle();
    const [a] = world.deliveries;
    expect(a).toBeDefined();
    if (a === undefined) return;
    const shard = world.at();
    const { runId, attempt, send } = a;
    const nowhere = { status: 200, phases: null, node: null, unreached: [] };
    const deliveries = shard.group(world.nowMs, () => {
      shard.answers([{ runId, attempt, send, answer: succeeded(1), ...nowhere }], world.nowMs);
      return shard.tick(world.nowMs);
    });
    expect(deliveries.map(({ workflow }) => workflow?.step)).toEqual(["b"]);
    expect(world.storages[0]?.getRun(deliveries[0]?.runId ?? "")).toMatchObject({
      version: 2,
      phase: { state: "dispatching" },
    });
  });

  it("ends at once when a step fails, and cancels what runs", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("fan", [hook("a"), hook("b"), hook("c", { after: ["a", "b"] })]));
    world.answer = () => null;
    const run = world.start("fan");
    await world.settle();
    await world.reply("a", failed());
    expect(world.now(run)).toMatchObject({ phase: { state: "failed" } });
    expect(world.states(run)).toEqual({ a: "failed", b: "canceled", c: "canceled" });
    expect(world.do("stats", {})).toMatchObject({
      liveWorkflowRuns: 0,
      workflowRunsEnded: { failed: 1 },
    });
  });

  it("runs at most so many items of a map at once, and keeps their order", async () => {
    const world = new WorkflowShards({ storage });
    const map = { over: "${params.items}", concurrencyMax: 2 };
    const each = hook("each", { map, params: { item: "${item}" } });
    world.put(aWorkflow("map", [each], { params: { items: [1, 2, 3, 4, 5] } }));
    world.answer = () => null;
    const run = world.start("map");
    await world.settle();
    expect(world.outSteps).toHaveLength(2);
    const { step, parts } = world.do("workflow-run.step", {
      ref: { namespace: NS, workflowRun: run.id },
      step: "each",
      afterPart: -1,
      limit: 10,
    });
    expect(step).toMatchObject({ parts: 5, partsEnded: 0, row: { state: "running" } });
    expect(parts.map(({ part, state }) => [part, state])).toEqual([
      [0, "running"],
      [1, "running"],
    ]);
    world.answer = ({ params }) => succeeded(params["item"] ?? null);
    world.restart();
    await world.settle();
    expect(world.now(run)).toMatchObject({
      phase: { state: "succeeded" },
      output: [1, 2, 3, 4, 5],
    });
  });

  it("sleeps until its time, across a restart, and times out at its deadline", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("nap", [{ name: "nap", sleep: "10m" }, hook("after", { after: ["nap"] })]));
    const run = world.start("nap");
    await world.settle();
    world.restart();
    await world.advance(599_000);
    expect(world.states(run)["nap"]).toBe("waiting");
    world.answer = () => null;
    await world.advance(1_000);
    expect(world.outSteps).toEqual(["after"]);
    await world.advance(3_600_000);
    await world.advance(60_000);
    expect(world.now(run)).toMatchObject({ phase: { state: "timed_out" } });
  });

  it("handles the deadline of a run though every slot is taken", async () => {
    const world = new WorkflowShards({ storage, limits: { slots: 1 } });
    world.put(aWorkflow("nap", [{ name: "nap", sleep: "10m" }]));
    world.put(aWorkflow("busy", [hook("busy", { timeout: "1h" })]));
    world.answer = () => null;
    const run = world.start("nap");
    world.start("busy");
    await world.settle();
    expect(world.at().inFlight).toBe(1);
    await world.advance(600_000);
    expect(world.now(run)).toMatchObject({ phase: { state: "succeeded" } });
  });

  it("goes on as before when machines and plans do not fit into memory", async () => {
    const world = new WorkflowShards({ storage, limits: { machineStepsMax: 1, planStepsMax: 1 } });
    world.put(aWorkflow("pair", [hook("a"), hook("b", { after: ["a"] })]));
    world.put(aWorkflow("other", [hook("c"), hook("d", { after: ["c"] })]));
    const runs = [world.start("pair"), world.start("other"), world.start("pair")];
    await world.settle();
    expect(runs.map((run) => world.now(run).phase.state)).toEqual(runs.map(() => "succeeded"));
    expect(world.deliveries).toHaveLength(6);
  });

  it("ends a run of gates in the command that starts it", () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("gates", [{ name: "a" }, { name: "b", after: ["a"] }]));
    expect(world.start("gates")).toMatchObject({ phase: { state: "succeeded" } });
  });

  it("tells the machine when a person cancels a step's run, and refuses to retry one", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("one", [hook("a")]));
    world.answer = () => null;
    const run = world.start("one");
    await world.settle();
    const id = world.deliveries[0]?.runId ?? "";
    const ref = { namespace: NS, run: id };
    const { run: canceled } = world.do("run.cancel", { ref, reason: "no" });
    expect(canceled.phase.state).toBe("canceled");
    expect(world.now(run)).toMatchObject({ phase: { state: "failed" } });
    const retry = { origin: canceled, slices: null, params: null, traceparent: null };
    expect(world.refusal("run.retry", retry)).toBe("request.invalid");
  });

  it("keeps memory and storage equal when a transaction fails", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("pair", [hook("a"), hook("b", { after: ["a"] })], { concurrency: 1 }));
    world.answer = () => null;
    const run = world.start("pair");
    await world.settle();
    const [delivery] = world.deliveries;
    expect(delivery).toBeDefined();
    if (delivery === undefined) return;
    const shard = world.at();
    const before = world.do("stats", {});
    const { runId, attempt, send } = delivery;
    const nowhere = { status: 200, phases: null, node: null, unreached: [] };
    expect(() =>
      shard.group(world.nowMs, () => {
        shard.answers([{ runId, attempt, send, answer: succeeded(1), ...nowhere }], world.nowMs);
        world.start("pair");
        shard.tick(world.nowMs);
        throw new Error("the disk is full");
      }),
    ).toThrow("the disk is full");
    expect(world.do("stats", {})).toEqual(before);
    expect(world.states(run)).toEqual({ a: "running", b: "pending" });
    await world.reply("a", succeeded(1));
    await world.reply("b", succeeded(2));
    expect(world.now(run)).toMatchObject({ phase: { state: "succeeded" }, output: 2 });
  });
});
