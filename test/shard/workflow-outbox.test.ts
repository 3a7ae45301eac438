import { describe, expect, test } from "vitest";
import { MemoryShardStorage } from "../../src/adapters/memory-shard-storage.ts";
import type { StepRow, WorkflowRun } from "../../src/core/workflow-run.ts";
import { Outbox, type OutboxReceipt } from "../../src/shard/outbox.ts";
import { WORKFLOW_KEPT_MS, WORKFLOW_OUTBOX_LIMITS } from "../../src/shard/workflow-outbox.ts";
import { aStoredRun } from "../support/stored-rows.ts";
import { aStepRow, aWorkflow, aWorkflowEvent, aWorkflowRun } from "../support/stored-workflows.ts";

const ENDED_MS = 1_790_000_100_000;
const GONE_MS = ENDED_MS + WORKFLOW_KEPT_MS;
const ENDED: Partial<WorkflowRun> = {
  phase: { state: "succeeded", endedMs: ENDED_MS },
  version: 2,
};
const NO_RUN = { jobOf: () => undefined, runOf: () => undefined };

/** An outbox over a storage in memory, with rows written as a shard writes them. */
class Desk {
  readonly storage = new MemoryShardStorage();
  outbox = new Outbox(this.storage);

  putRun(more: Partial<WorkflowRun> = {}): void {
    const run = aWorkflowRun(more);
    this.storage.putWorkflowRun(run);
    this.outbox.workflows.noteRun(run.id);
  }

  putStep(more: Partial<StepRow> = {}): void {
    const row = aStepRow(more);
    this.storage.putStep(row);
    this.outbox.workflows.noteStep(row);
  }

  take(rowsMax = 100) {
    return this.outbox.take(rowsMax, NO_RUN);
  }

  acknowledge(receipt: OutboxReceipt): void {
    this.outbox.acknowledge(
      receipt,
      () => undefined,
      () => false,
    );
  }

  /** Lets the records take everything. */
  flush(): void {
    for (let taken = this.take(); taken !== undefined; taken = this.take())
      this.acknowledge(taken.receipt);
  }

  get left(): readonly string[] {
    return this.outbox.workflows.takeLeaving(GONE_MS);
  }

  get stepsLeft(): number {
    return this.storage.stepPlacesAfter({ workflowRun: "", step: -1, part: -1 }, 10_000).length;
  }
}

describe("what the records lack of workflows", () => {
  test("is sent as whole rows until it is confirmed", () => {
    const desk = new Desk();
    const entry = { workflowId: "wf_a", version: 1, tombstone: null };
    const gone = { ...entry, version: 2, tombstone: { namespace: "default", name: "n" } };
    desk.storage.putWorkflow(aWorkflow());
    for (const each of [entry, gone]) {
      desk.storage.putWorkflowOutbox(each);
      desk.outbox.workflows.noteWorkflow(each);
    }
    desk.putRun();
    desk.putStep();
    const taken = desk.take();

    expect(taken?.batch).toMatchObject({
      workflows: [aWorkflow()],
      deletedWorkflows: [{ id: "wf_a", version: 2, namespace: "default", name: "n" }],
      workflowRuns: [aWorkflowRun()],
      steps: [aStepRow()],
    });
    expect(desk.outbox.size).toBe(4);
    expect(desk.outbox.workflows.hasWorkflow("wf_a", 1)).toBe(true);
    if (taken !== undefined) desk.acknowledge(taken.receipt);
    expect(desk.outbox.size).toBe(0);
    expect(desk.outbox.workflows.hasWorkflow("wf_a", 1)).toBe(false);
    expect(desk.storage.workflowOutboxAfter({ workflowId: "", version: 0 }, 9)).toEqual([]);
    expect(desk.take()).toBeUndefined();
  });

  test("is sent again when it changed while it was on its way", () => {
    const desk = new Desk();
    desk.putRun();
    desk.putStep();
    const taken = desk.take();
    desk.putRun({ version: 2 });
    desk.putStep({ version: 2 });
    if (taken !== undefined) desk.acknowledge(taken.receipt);

    expect(desk.outbox.size).toBe(2);
    expect(desk.take()?.batch).toMatchObject({
      workflowRuns: [{ version: 2 }],
      steps: [{ version: 2 }],
    });
  });

  test("comes in batches of so many rows, and does not keep runs waiting", () => {
    const desk = new Desk();
    const rows = { ...NO_RUN, runOf: (id: string) => aStoredRun({ id }) };
    for (let i = 0; i < 20; i++) {
      desk.putStep({ step: i });
      desk.outbox.noteRun(`run_${i}`);
    }
    const counts = (rowsMax: number) => {
      const batch = desk.outbox.take(rowsMax, rows)?.batch;
      return [batch?.steps.length, batch?.runs.length];
    };

    expect(counts(10)).toEqual([5, 5]);
    expect(counts(30)).toEqual([15, 15]);
    expect(counts(100)).toEqual([20, 20]);
  });

  test("comes in batches of so many characters", () => {
    const desk = new Desk();
    const output = "x".repeat(WORKFLOW_OUTBOX_LIMITS.batchCharsMax / 4 - 10);
    for (let step = 0; step < 12; step++) desk.putStep({ step, output });

    expect(desk.take()?.batch.steps).toHaveLength(5);
    desk.flush();
    expect(desk.outbox.size).toBe(0);
  });

  test("has runs that wait for workflows in batches of so many characters, too", () => {
    const desk = new Desk();
    const { order } = aStoredRun();
    const target = { kind: "workflow", workflow: "inner" } as const;
    const result = "x".repeat(WORKFLOW_OUTBOX_LIMITS.batchCharsMax / 4);
    const runOf = (id: string) => aStoredRun({ id, order: { ...order, target }, result });
    for (let i = 0; i < 12; i++) desk.outbox.noteRun(`run_${i}`);

    expect(desk.outbox.take(100, { ...NO_RUN, runOf })?.batch.runs).toHaveLength(4);
  });
});

describe("a workflow run leaves the shard", () => {
  test("some time after its end, once the records have it and all its steps", () => {
    const desk = new Desk();
    desk.putRun(ENDED);
    desk.putStep();
    desk.storage.putWorkflowEvent(aWorkflowEvent());
    expect(desk.left).toEqual([]);
    desk.flush();

    expect(desk.outbox.workflows.nextLeavingMs(ENDED_MS)).toBe(GONE_MS);
    expect(desk.outbox.workflows.takeLeaving(GONE_MS - 1)).toEqual([]);
    expect(desk.left).toEqual(["wfr_a"]);
    expect(desk.storage.getWorkflowRun("wfr_a")).toBeUndefined();
    expect(desk.storage.workflowEvents("wfr_a")).toEqual([]);
    expect(desk.stepsLeft).toBe(0);
    expect(desk.outbox.workflows.nextLeavingMs(GONE_MS)).toBeUndefined();
  });

  test("not before the records have its last step", () => {
    const desk = new Desk();
    desk.putRun(ENDED);
    desk.flush();
    desk.putStep();

    expect(desk.left).toEqual([]);
    desk.flush();
    expect(desk.left).toEqual(["wfr_a"]);
  });

  test("not as long as it lives, nor when a retry has made it live again", () => {
    const desk = new Desk();
    desk.putRun();
    desk.putRun({ id: "wfr_b", ...ENDED });
    desk.flush();
    desk.putRun({ id: "wfr_b", version: 3 });

    expect(desk.left).toEqual([]);
    desk.flush();
    expect(desk.left).toEqual([]);
    expect(desk.outbox.workflows.nextLeavingMs(GONE_MS)).toBeUndefined();
    expect(desk.storage.getWorkflowRun("wfr_b")?.version).toBe(3);
  });

  test("a part at a time when it is long, its own row first", () => {
    const desk = new Desk();
    const { leavingRowsMax } = WORKFLOW_OUTBOX_LIMITS;
    desk.putRun(ENDED);
    for (let step = 0; step < 2 * leavingRowsMax + 1; step++) desk.putStep({ step });
    desk.flush();

    expect(desk.left).toEqual(["wfr_a"]);
    expect(desk.storage.getWorkflowRun("wfr_a")).toBeUndefined();
    expect(desk.stepsLeft).toBe(leavingRowsMax + 1);
    expect(desk.outbox.workflows.nextLeavingMs(GONE_MS)).toBe(GONE_MS);
    expect(desk.left).toEqual([]);
    expect(desk.stepsLeft).toBe(1);
    expect(desk.left).toEqual([]);
    expect(desk.stepsLeft).toBe(0);
    expect(desk.outbox.workflows.nextLeavingMs(GONE_MS)).toBeUndefined();
  });

  test("with what an earlier start left of it", () => {
    const desk = new Desk();
    desk.storage.putStep(aStepRow());
    desk.outbox.workflows.noteStray("wfr_a");

    expect(desk.outbox.workflows.nextLeavingMs(5)).toBe(5);
    expect(desk.left).toEqual([]);
    expect(desk.stepsLeft).toBe(0);
  });

  test("but one that was brought back in between keeps its steps", () => {
    const desk = new Desk();
    for (let step = 0; step < 3; step++) desk.storage.putStep(aStepRow({ step }));
    desk.outbox.workflows.noteStray("wfr_a");
    desk.putRun({ version: 3 });

    expect(desk.left).toEqual([]);
    expect(desk.stepsLeft).toBe(3);
  });

  test("together with no more others than one transaction may delete", () => {
    const desk = new Desk();
    const { leavingRowsMax } = WORKFLOW_OUTBOX_LIMITS;
    for (let i = 0; i < leavingRowsMax; i++) {
      desk.putRun({ id: `wfr_${i}`, ...ENDED });
      desk.putStep({ workflowRun: `wfr_${i}` });
    }
    desk.flush();

    expect(desk.left).toHaveLength(leavingRowsMax / 2);
    expect(desk.left).toHaveLength(leavingRowsMax / 2);
    expect(desk.left).toEqual([]);
  });
});
