import { checkPart, checkRetry, TIMEOUT_MS } from "./part-shape.ts";
import type { Faults } from "./workflow-faults.ts";
import { WORKFLOW_LIMITS, type StepSpec } from "./workflow.ts";

const STEP_NAME = /^[A-Za-z0-9_][A-Za-z0-9._?-]{0,63}$/;
const WORKFLOW_NAME = /^[A-Za-z0-9._-]{1,128}$/;
/** Printable, without control characters. */
const EVENT_NAME = /^[^\p{C}]{1,128}$/u;
/** A key of this name would not be one of the object in which expressions find the steps. */
const NO_KEY = "__proto__";

/** What a step may be; it is at most one of them. */
const KINDS = ["run", "tasks", "sleep", "waitFor", "approval", "workflow"] as const;
/** What is said about runs, and is wrong where a step makes none. */
const ABOUT_RUNS = ["params", "retry", "timeout", "compensate"] as const;

const SPAN_MS = { min: 0, max: WORKFLOW_LIMITS.timeoutMsMax } as const;

/** Everything about one step that can be told without the others, apart from its expressions. */
export function checkStepShape(step: StepSpec, pointer: string, faults: Faults): void {
  if (!STEP_NAME.test(step.name) || step.name === NO_KEY)
    faults.add(
      `${pointer}/name`,
      "Not 1 to 64 of the characters A-Z a-z 0-9 _ . ? -, the first no sign but _.",
    );
  checkKind(step, pointer, faults);
  checkParts(step, pointer, faults);
  checkJoin(step, pointer, faults);
  checkComplete(step, pointer, faults);
  checkWaiting(step, pointer, faults);
  checkRuns(step, pointer, faults);
}

function checkKind(step: StepSpec, pointer: string, faults: Faults): void {
  const [first, second] = KINDS.filter((kind) => step[kind] !== undefined);
  if (second !== undefined)
    faults.add(
      `${pointer}/${second}`,
      `A step has one kind of work, and this one has ${first}.`,
      () => "Make two steps of it, one after the other.",
    );
  const isRunning = ["run", "tasks", "workflow"].includes(first ?? "");
  for (const field of isRunning ? [] : ABOUT_RUNS)
    if (step[field] !== undefined)
      faults.add(`${pointer}/${field}`, "Only a step with run, tasks or workflow has it.");
}

/** What is about several runs goes with several runs. */
function checkParts(step: StepSpec, pointer: string, faults: Faults): void {
  if (step.map !== undefined && step.run === undefined && step.workflow === undefined)
    faults.add(`${pointer}/map`, "A map goes with run or workflow: what is done for each item.");
  if (step.complete !== undefined && step.tasks === undefined && step.map === undefined)
    faults.add(`${pointer}/complete`, "Only a step with tasks or map has several runs.");
}

function checkJoin({ join, after = [] }: StepSpec, pointer: string, faults: Faults): void {
  if (join === undefined || typeof join === "string") return;
  if (after.length === 0) faults.add(`${pointer}/join`, "The step comes after nothing.");
  else faults.checkCount(`${pointer}/join/count`, join.count, { min: 1, max: after.length });
}

function checkComplete({ complete, tasks }: StepSpec, pointer: string, faults: Faults): void {
  if (complete?.mode !== "count") return;
  const max = tasks?.length ?? WORKFLOW_LIMITS.itemsMax;
  faults.checkCount(`${pointer}/complete/count`, complete.count, { min: 1, max });
}

function checkWaiting(
  { sleep, waitFor, approval }: StepSpec,
  pointer: string,
  faults: Faults,
): void {
  faults.checkDuration(`${pointer}/sleep`, sleep, SPAN_MS);
  faults.checkDuration(`${pointer}/approval/timeout`, approval?.timeout, SPAN_MS);
  if (waitFor === undefined) return;
  checkEventName(`${pointer}/waitFor/event`, waitFor.event, faults);
  faults.checkDuration(`${pointer}/waitFor/timeout`, waitFor.timeout, SPAN_MS);
  faults.checkDuration(`${pointer}/waitFor/lookBack`, waitFor.lookBack, SPAN_MS);
}

/** The name of an event that a run waits for, or is started by. */
export function checkEventName(pointer: string, name: string, faults: Faults): void {
  if (!EVENT_NAME.test(name))
    faults.add(pointer, "Not the name of an event: 1 to 128 printable characters.");
}

function checkRuns(step: StepSpec, pointer: string, faults: Faults): void {
  const { map, workflow, tasks, compensate } = step;
  if (workflow !== undefined && !WORKFLOW_NAME.test(workflow))
    faults.add(`${pointer}/workflow`, "Not the name of a workflow.");
  if (map?.concurrencyMax !== undefined)
    faults.checkCount(`${pointer}/map/concurrencyMax`, map.concurrencyMax, {
      min: 1,
      max: WORKFLOW_LIMITS.partsLiveMax,
    });
  checkRetry(step.retry, `${pointer}/retry`, faults);
  const bounds = workflow === undefined ? TIMEOUT_MS.run : TIMEOUT_MS.workflow;
  faults.checkDuration(`${pointer}/timeout`, step.timeout, bounds);
  if (step.run !== undefined) checkPart({ run: step.run }, { step, pointer }, faults);
  if (tasks !== undefined) checkTasks(step, pointer, faults);
  if (compensate !== undefined)
    checkPart(compensate, { step: {}, pointer: `${pointer}/compensate` }, faults);
}

function checkTasks(step: StepSpec, pointer: string, faults: Faults): void {
  const { tasks = [] } = step;
  const { tasksMax } = WORKFLOW_LIMITS;
  if (tasks.length < 1 || tasks.length > tasksMax)
    faults.add(`${pointer}/tasks`, `Not 1 to ${tasksMax} tasks.`);
  else
    for (const [i, task] of tasks.entries())
      checkPart(task, { step, pointer: `${pointer}/tasks/${i}` }, faults);
}
