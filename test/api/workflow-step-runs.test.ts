import { expect, it } from "vitest";
import { runsOfStep } from "../../src/api/workflow-step-runs.ts";
import { stepRunId } from "../../src/core/placement.ts";
import type { StepSpec } from "../../src/core/workflow.ts";
import { aStepRow } from "../support/stored-workflows.ts";

const RUN = { executor: "orders", handler: "work" } as const;
const ROW = aStepRow({ workflowRun: "wr_01a1fe7946fc7d02b7b7013f52a9674c00", state: "succeeded" });

function namesOf(spec: Partial<StepSpec>, parts: number, partsEnded: number): readonly string[] {
  const view = { row: ROW, isOutputLong: false, parts, partsEnded };
  return runsOfStep(view, { name: ROW.name, ...spec }, 0);
}

function idsOf(count: number): readonly string[] {
  const { step, revision, workflowRun } = ROW;
  return Array.from({ length: count }, (_, part) =>
    stepRunId(workflowRun, { step, part, revision, isCompensation: false }, 0),
  );
}

it("names every task of a step that any of them has ended", () => {
  const tasks = [{ run: RUN }, { run: RUN }, { run: RUN }];

  expect(namesOf({ tasks, complete: { mode: "any" } }, 3, 1)).toEqual(idsOf(3));
});

it("names the items that were canceled when enough others had succeeded", () => {
  const map = { over: "${params.items}", concurrencyMax: 4 };

  expect(namesOf({ map, run: RUN, complete: { mode: "any" } }, 9, 1)).toEqual(idsOf(4));
  expect(namesOf({ map, run: RUN }, 9, 9)).toEqual(idsOf(9));
});

it("names of items that were left to finish those that have", () => {
  const map = { over: "${params.items}", concurrencyMax: 4 };
  const complete = { mode: "any", rest: "finish" } as const;

  expect(namesOf({ map, run: RUN, complete }, 9, 4)).toEqual(idsOf(4));
});
