import { describe, expect, it } from "vitest";
import type { StepRow, WorkflowRun } from "../../src/core/workflow-run.ts";
import type { Workflow } from "../../src/core/workflow.ts";
import type { WorkflowRunOrigin } from "../../src/ports/workflow-commands.ts";
import {
  aWorkflow,
  failed,
  hook,
  NS,
  STORAGES,
  succeeded,
  WorkflowShards,
} from "../support/workflow-shards.ts";

/** Lets a workflow fail at its second step, and leave the shard for the records. */
async function failedAndGone(world: WorkflowShards): Promise<WorkflowRunOrigin> {
  world.put(
    aWorkflow("pair", [hook("a"), hook("b", { after: ["a"], params: { a: "${steps.a.output}" } })]),
  );
  world.answer = ({ workflow }) => (workflow?.step === "a" ? succeeded({ n: 1 }) : failed());
  const run = world.start("pair");
  await world.settle();
  const records = flushed(world);
  await world.advance(600_001);
  flushed(world);
  expect(world.at().workflowRun(run.id)).toBeUndefined();
  const [stored] = records.runs;
  const [workflow] = records.workflows;
  if (stored === undefined || workflow === undefined) throw new Error("the records have both");
  return { run: stored, workflow, steps: records.steps };
}

describe.each(STORAGES)("acting on a workflow run on %s storage", (_name, storage) => {
  it("brings one back that has left for the records, and does only what had failed", async () => {
    const world = new WorkflowShards({ storage });
    const origin = await failedAndGone(world);
    const ref = { namespace: NS, workflowRun: origin.run.id };
    const action = { kind: "retry", step: null, by: "ada" } as const;
    expect(world.refusal("workflow-run.act", { ref, origin: null, action })).toBe(
      "workflow_run.unknown",
    );
    world.deliveries.length = 0;
    world.answer = () => succeeded("mended");
    const { run } = world.do("workflow-run.act", { ref, origin, action });
    expect(run).toMatchObject({ revision: 2, phase: { state: "running" } });
    world.restart();
    await world.settle();
    expect(world.deliveries).toMatchObject([
      { workflow: { step: "b", revision: 2 }, params: { a: { n: 1 } } },
    ]);
    expect(world.now(run)).toMatchObject({ phase: { state: "succeeded" }, output: "mended" });
    expect(world.now(run).version).toBeGreaterThan(origin.run.version);
  });

  it("brings back the version of a workflow that was deleted", async () => {
    const world = new WorkflowShards({ storage });
    const origin = await failedAndGone(world);
    world.do("workflow.delete", {
      ref: { namespace: NS, workflow: "pair" },
      ifVersion: null,
      running: "finish",
    });
    flushed(world);
    expect(world.storages[0]?.getWorkflowVersion(origin.workflow.id, 1)).toBeUndefined();
    world.answer = () => succeeded("mended");
    const ref = { namespace: NS, workflowRun: origin.run.id };
    const action = { kind: "retry", step: "a", by: null } as const;
    const { run } = world.do("workflow-run.act", { ref, origin, action });
    await world.settle();
    expect(world.now(run)).toMatchObject({ phase: { state: "succeeded" } });
    expect(world.refusal("workflow.get", { ref: { namespace: NS, workflow: "pair" } })).toBe(
      "workflow.unknown",
    );
  });

  it("stores nothing when it is refused", async () => {
    const world = new WorkflowShards({ storage });
    const origin = await failedAndGone(world);
    const ref = { namespace: NS, workflowRun: origin.run.id };
    const refusal = (action: Parameters<WorkflowShards["act"]>[1]) =>
      world.refusal("workflow-run.act", { ref, origin, action });
    expect(refusal({ kind: "retry", step: "nobody", by: null })).toBe("step.unknown");
    expect(refusal({ kind: "pause", reason: null })).toBe("workflow_run.ended");
    expect(refusal({ kind: "event", name: "x", data: null })).toBe("workflow_run.ended");
    expect(world.storages[0]?.workflowRunsAfter("", 10)).toEqual([]);
    expect(world.storages[0]?.stepsAfter(origin.run.id, { step: -1, part: -1 }, 10)).toEqual([]);
  });

  it("wakes steps that wait for an event, a person or a resume", async () => {
    const world = new WorkflowShards({ storage });
    world.put(
      aWorkflow("gate", [
        { name: "wait", waitFor: { event: "paid" } },
        { name: "ok", after: ["wait"], approval: {} },
        hook("last", { after: ["ok"], params: { by: "${steps.ok.output.by}" } }),
      ]),
    );
    const run = world.start("gate");
    await world.settle();
    world.act(run, { kind: "event", name: "paid", data: { sum: 1 } });
    expect(world.states(run)).toEqual({ wait: "succeeded", ok: "waiting", last: "pending" });
    world.act(run, { kind: "pause", reason: "lunch" });
    const approve = { kind: "decide", action: "approve", step: "ok", result: null } as const;
    world.act(run, { ...approve, note: null, by: "ada" });
    await world.settle();
    expect(world.deliveries).toEqual([]);
    world.restart();
    world.act(run, { kind: "resume" });
    await world.settle();
    expect(world.deliveries).toMatchObject([{ params: { by: "ada" } }]);
    expect(world.now(run).phase.state).toBe("succeeded");
  });

  it("shows every step, and leaves long outputs to the view of one", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("pair", [hook("a"), hook("b", { after: ["a"] })]));
    const long = "x".repeat(2_000);
    world.answer = ({ workflow }) => (workflow?.step === "a" ? succeeded(long) : null);
    const run = world.start("pair");
    await world.settle();
    const ref = { namespace: NS, workflowRun: run.id };
    for (const again of [false, true]) {
      if (again) world.restart();
      const { view } = world.do("workflow-run.get", { ref });
      expect(view.workflow.version).toBe(1);
      expect(view.steps).toMatchObject([
        { row: { name: "a", state: "succeeded", output: null }, isOutputLong: true },
        { row: { name: "b", state: "running" }, isOutputLong: false, parts: 0 },
      ]);
      const asked = { ref, step: "a", afterPart: -1, limit: 10 };
      expect(world.do("workflow-run.step", asked)).toMatchObject({
        step: { row: { output: long } },
        spec: { name: "a" },
        parts: [],
      });
      expect(world.refusal("workflow-run.step", { ...asked, step: "c" })).toBe("step.unknown");
    }
    expect(
      world.refusal("workflow-run.get", { ref: { namespace: "other", workflowRun: run.id } }),
    ).toBe("workflow_run.unknown");
  });
});

/** What the records get. */
function flushed(world: WorkflowShards) {
  const shard = world.at();
  const runs = new Map<string, WorkflowRun>();
  const steps = new Map<string, StepRow>();
  const workflows: Workflow[] = [];
  for (let taken = shard.takeOutbox(); taken; taken = shard.takeOutbox()) {
    const { batch, receipt } = taken;
    for (const run of batch.workflowRuns) runs.set(run.id, run);
    for (const row of batch.steps) steps.set(`${row.step}/${row.part}`, row);
    workflows.push(...batch.workflows);
    shard.acknowledgeOutbox(receipt, world.nowMs);
  }
  return { runs: [...runs.values()], steps: [...steps.values()], workflows };
}
