import type { Json } from "../core/json.ts";
import type { Job } from "../core/job.ts";
import { calendarNameOf } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { ExecutorRow } from "../ports/executor-storage.ts";
import type { LiveRows } from "../ports/live-feed.ts";
import type { StepView } from "../ports/workflow-commands.ts";
import { executorJson } from "./executor-json.ts";
import { listedJobJson } from "./job-json.ts";
import { runJson } from "./run-json.ts";
import { listedWorkflowRunJson, SHOWN_OUTPUT_CHARS_MAX } from "./workflow-run-json.ts";
import { stepJson } from "./workflow-step-json.ts";

/** A row that would be longer is told without what makes it long. */
const ROW_CHARS_MAX = 32_768;

/** One row on one topic, as JSON. */
export interface LiveText {
  readonly topic: string;
  readonly text: string;
}

/** The topic of one workflow run: its own row, and its steps. */
export function topicOfWorkflowRun(workflowRun: string): string {
  return `workflow-run:${workflowRun}`;
}

/**
 * Rows as those who watch get them, `kind` first: as in lists of the API, so what is long is left out
 * (`cut`, `outputCut`) and is to be read by its id.
 */
export function liveTexts(
  rows: LiveRows,
  place: { readonly deployment: string; readonly nowMs: number },
): readonly LiveText[] {
  const { deployment, nowMs } = place;
  return [
    ...rows.jobs.map((job) => ({ topic: "jobs", text: jobText(job, nowMs) })),
    ...rows.deletedJobs.map(({ id, name }) => ({
      topic: "jobs",
      text: JSON.stringify({ kind: "job", id, name, deleted: true }),
    })),
    ...rows.workflowRuns.flatMap((run) => {
      const text = workflowRunText(run);
      return ["workflow-runs", topicOfWorkflowRun(run.id)].map((topic) => ({ topic, text }));
    }),
    ...rows.steps.map((step) => ({
      topic: topicOfWorkflowRun(step.row.workflowRun),
      text: stepText(step),
    })),
    ...rows.runs.map((run) => ({ topic: "runs", text: runText(run) })),
    ...rows.executors.map((row) => ({ topic: "executors", text: executorText(row, deployment) })),
  ];
}

/** The next tick of a job with a calendar is not known here, and then is not there. */
function jobText(job: Job, nowMs: number): string {
  const { nextTick, ...rest } = listedJobJson(job, nowMs, null);
  const isKnown = calendarNameOf(job.spec.schedule) === null;
  return JSON.stringify({ kind: "job", ...rest, ...(isKnown ? { nextTick } : {}) });
}

function runText(run: Run): string {
  const row = { kind: "run", ...runJson(run) };
  return shortText(row, { params: {}, result: null, attempts: [], shard: null });
}

function workflowRunText(run: WorkflowRun): string {
  const row = { kind: "workflow-run", ...listedWorkflowRunJson(run) };
  return shortText(row, { params: {}, context: {}, revisions: [] });
}

/** The runs of a step follow from its place, and are told by their own rows. */
function stepText(step: StepView): string {
  const { workflowRun, step: place, version } = step.row;
  const shown = { charsMax: SHOWN_OUTPUT_CHARS_MAX, budget: { left: SHOWN_OUTPUT_CHARS_MAX } };
  const { runs: _, ...json } = stepJson(step, [], shown);
  return JSON.stringify({ kind: "step", workflowRun, step: place, version, ...json });
}

function executorText(
  { executor, nodes, isDeleted, rowVersion }: ExecutorRow,
  own: string,
): string {
  const { appKey } = executor;
  const row = isDeleted
    ? { kind: "executor", appKey, deleted: true, rowVersion }
    : { kind: "executor", ...executorJson(executor, nodes, own), rowVersion };
  return JSON.stringify(row);
}

function shortText(row: object, without: { readonly [field: string]: Json }): string {
  const text = JSON.stringify({ ...row, cut: false });
  if (text.length <= ROW_CHARS_MAX) return text;
  return JSON.stringify({ ...row, ...without, cut: true });
}
