import { describe, expect, it } from "vitest";
import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import type { StepRow, WorkflowEvent, WorkflowRun } from "../../src/core/workflow-run.ts";
import type { Workflow } from "../../src/core/workflow.ts";
import { RECENT_STEPS_LIMITS, RecentSteps } from "../../src/shard/recent-steps.ts";
import { aStepRow } from "../support/stored-workflows.ts";
import { aWorkflow, hook, succeeded, WorkflowShards } from "../support/workflow-shards.ts";

/** Counts what is read of it one by one. */
class CountedStorage extends MemoryShardStorage {
  steps = 0;
  runs = 0;
  versions = 0;
  events = 0;

  override getStep(workflowRunId: string, step: number, part: number): StepRow | undefined {
    this.steps++;
    return super.getStep(workflowRunId, step, part);
  }

  override getWorkflowRun(workflowRunId: string): WorkflowRun | undefined {
    this.runs++;
    return super.getWorkflowRun(workflowRunId);
  }

  override getWorkflowVersion(workflowId: string, version: number): Workflow | undefined {
    this.versions++;
    return super.getWorkflowVersion(workflowId, version);
  }

  override workflowEvents(workflowRunId: string): readonly WorkflowEvent[] {
    this.events++;
    return super.workflowEvents(workflowRunId);
  }
}

const LONG = { text: "t".repeat(30_000) } as const;

describe("what a shard keeps in memory of workflows", () => {
  it("reads what a map goes over, and what its params speak of, once for all its items", async () => {
    const storage = new CountedStorage();
    const world = new WorkflowShards({ storage: () => storage });
    const over = "${steps.list.output.files}";
    const params = { file: "${item}", bucket: "${steps.list.output.bucket}" };
    world.put(
      aWorkflow("copy", [
        hook("list"),
        hook("each", { after: ["list"], map: { over, concurrencyMax: 5 }, params }),
      ]),
    );
    const files = Array.from({ length: 200 }, (_, i) => `file ${i}`);
    world.answer = ({ workflow }) =>
      succeeded(workflow?.step === "list" ? { bucket: "b", files } : null);
    const run = world.start("copy");
    await world.settle();
    expect(world.now(run).phase.state).toBe("succeeded");
    expect(world.deliveries.at(-1)?.params).toEqual({ file: "file 199", bucket: "b" });
    // Each item once, when all have ended, and a few more.
    expect(storage.steps).toBeLessThan(220);
  });

  it("reads the events of a run once for an input, however many steps look for theirs", async () => {
    const storage = new CountedStorage();
    const world = new WorkflowShards({ storage: () => storage });
    const waits = Array.from({ length: 50 }, (_, i) => ({
      name: `w${i}`,
      after: ["go"],
      waitFor: { event: "paid", match: `event.data == ${i}.0` },
    }));
    world.put(aWorkflow("ask", [{ name: "go", approval: {} }, ...waits]));
    const run = world.start("ask");
    world.act(run, { kind: "event", name: "paid", data: 7 });
    storage.events = 0;
    const said = { step: "go", result: null, note: null, by: null } as const;
    world.act(run, { kind: "decide", action: "approve", ...said });
    expect(world.states(run)).toMatchObject({ w6: "waiting", w7: "succeeded" });
    expect(storage.events).toBe(1);
    world.act(run, { kind: "event", name: "paid", data: 8 });
    expect(world.states(run)).toMatchObject({ w6: "waiting", w8: "succeeded" });
    expect(storage.events).toBe(2);
  });

  it("lets go of machines and plans that are long, though they have few steps", async () => {
    const storage = new CountedStorage();
    const limits = { machineStepsMax: 300, planStepsMax: 300 };
    const world = new WorkflowShards({ storage: () => storage, limits });
    world.put(aWorkflow("one", [hook("a")], { params: LONG }));
    world.put(aWorkflow("two", [hook("b")], { params: LONG }));
    world.answer = () => null;
    const runs = [world.start("one"), world.start("two")];
    await world.settle();
    const before = { runs: storage.runs, versions: storage.versions };
    await world.reply("a", succeeded(1));
    expect(world.now(runs[0] ?? world.start("one")).phase.state).toBe("succeeded");
    expect(storage.runs).toBeGreaterThan(before.runs);
    expect(storage.versions).toBeGreaterThan(before.versions);
  });

  it("keeps the rows that were read last, as many as fit, and none that has changed since", () => {
    const storage = new CountedStorage();
    const recent = new RecentSteps(storage);
    const output = "o".repeat(RECENT_STEPS_LIMITS.charsMax * 0.4);
    for (const step of [0, 1, 2]) storage.putStep(aStepRow({ step, output }));
    const read = (step: number, part = -1): number => {
      const before = storage.steps;
      expect(recent.row("wfr_a", step, part)).toEqual(
        storage.stepsAfter("wfr_a", { step, part: part - 1 }, 1)[0],
      );
      return storage.steps - before;
    };
    expect([read(0), read(1), read(0), read(2), read(0), read(1)]).toEqual([1, 1, 0, 1, 0, 1]);
    const changed = aStepRow({ step: 1, output: "short" });
    storage.putStep(changed);
    recent.forget(changed);
    expect([read(1), read(1)]).toEqual([1, 0]);
    storage.putStep(aStepRow({ step: 1, part: 0 }));
    expect([read(1, 0), read(1, 0)]).toEqual([1, 1]);
    recent.clear();
    expect([read(1), recent.row("wfr_a", 9, -1)]).toEqual([1, undefined]);
  });
});
