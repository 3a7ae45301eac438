import { Refusal } from "../core/refusal.ts";
import { blankStep, type StepRow, type WorkflowRun } from "../core/workflow-run.ts";
import type { StepSpec, Workflow } from "../core/workflow.ts";
import type { Page, RecordsReader, StepsQuery } from "../ports/records.ts";
import type { StepView, WorkflowRunOrigin, WorkflowRunView } from "../ports/workflow-commands.ts";
import { isShown } from "./workflow-run-json.ts";

const ROWS_A_PAGE = 200;
/** What goes back to a shard at once, in characters of JSON: a call between objects holds 32 MiB. */
const ORIGIN_CHARS_MAX = 12_000_000;

/** One step of a workflow run, and which of its tasks or items. */
export interface StepWanted {
  readonly workflowRun: string;
  readonly step: string;
  readonly cursor: string | undefined;
  readonly limit: number;
}

export interface StepDetail {
  readonly step: StepView;
  readonly spec: StepSpec;
  readonly parts: readonly StepRow[];
  readonly nextCursor: string | null;
}

/** Workflow runs that have ended and left their shards. */
export class RecordedWorkflowRuns {
  readonly #records: RecordsReader;

  constructor(records: RecordsReader) {
    this.#records = records;
  }

  async get(namespace: string, workflowRun: string): Promise<WorkflowRun> {
    const run = await this.#records.workflowRun(namespace, workflowRun);
    if (run === null) throw unknownWorkflowRun(workflowRun);
    return run;
  }

  async view(namespace: string, workflowRun: string): Promise<WorkflowRunView> {
    const run = await this.get(namespace, workflowRun);
    const workflow = await this.#workflowOf(run);
    const partsEnded = await this.#records.partsEnded(run.id);
    const views: StepView[] = workflow.spec.steps.map((spec, step) =>
      viewOf(noRow(run.id, step, spec), spec, 0),
    );
    await this.#eachPage({ workflowRun: run.id, step: null }, (rows) => {
      for (const row of rows) {
        const spec = workflow.spec.steps[row.step];
        // Long outputs are let go page by page: all of them together could be too much to hold.
        if (spec !== undefined)
          views[row.step] = withoutLongOutput(viewOf(row, spec, partsEnded.get(row.step) ?? 0));
      }
    });
    return { run, workflow, steps: views };
  }

  async step(namespace: string, { workflowRun, ...wanted }: StepWanted): Promise<StepDetail> {
    const run = await this.get(namespace, workflowRun);
    const { steps } = (await this.#workflowOf(run)).spec;
    const place = steps.findIndex(({ name }) => name === wanted.step);
    const spec = steps[place];
    if (spec === undefined) throw unknownStep(wanted.step);
    const row = (await this.#records.step(run.id, place)) ?? noRow(run.id, place, spec);
    const partsEnded = await this.#records.partsEnded(run.id);
    const { items, nextCursor } = await this.#records.steps({
      workflowRun: run.id,
      step: place,
      limit: wanted.limit,
      cursor: wanted.cursor ?? null,
    });
    // What was done again has parts of its earlier revision, too; what a person decided on keeps its own.
    const parts = items.filter(
      ({ revision }) => revision === row.revision || row.decision !== null,
    );
    return { step: viewOf(row, spec, partsEnded.get(place) ?? 0), spec, parts, nextCursor };
  }

  /** Everything that its shard needs to have it back. */
  async origin(run: WorkflowRun): Promise<WorkflowRunOrigin> {
    const workflow = await this.#workflowOf(run);
    const steps: StepRow[] = [];
    let chars = JSON.stringify(workflow).length;
    await this.#eachPage({ workflowRun: run.id, step: "all" }, (rows) => {
      chars += JSON.stringify(rows).length;
      if (chars > ORIGIN_CHARS_MAX) throw tooLong(run.id);
      steps.push(...rows);
    });
    return { run, workflow, steps };
  }

  async #workflowOf(run: WorkflowRun): Promise<Workflow> {
    const workflow = await this.#records.workflowVersion(run.workflowId, run.workflowVersion);
    if (workflow !== null) return workflow;
    throw new Refusal(
      "records.unavailable",
      `Version ${run.workflowVersion} of workflow ${run.workflowName} is not recorded yet.`,
      { retryAfterMs: 1_000 },
    );
  }

  async #eachPage(
    of: Pick<StepsQuery, "workflowRun" | "step">,
    take: (rows: readonly StepRow[]) => void,
  ): Promise<void> {
    let cursor: string | null = null;
    do {
      // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
      const page: Page<StepRow> = await this.#records.steps({ ...of, limit: ROWS_A_PAGE, cursor });
      take(page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
}

export function unknownWorkflowRun(workflowRun: string): Refusal {
  return new Refusal(
    "workflow_run.unknown",
    `There is no workflow run ${workflowRun.slice(0, 100)}.`,
  );
}

function unknownStep(step: string): Refusal {
  return new Refusal("step.unknown", `The workflow run has no step "${step}".`);
}

function tooLong(workflowRun: string): Refusal {
  return new Refusal(
    "output.too_large",
    `Workflow run ${workflowRun} has left its shard, and its outputs are too long to be taken back.`,
    { hint: "Run it again: POST /api/v1/workflow-runs/{id}/rerun." },
  );
}

function viewOf(row: StepRow, spec: StepSpec, partsEnded: number): StepView {
  const parts = row.items?.length ?? spec.tasks?.length ?? 0;
  return { row, isOutputLong: false, parts, partsEnded };
}

function withoutLongOutput(view: StepView): StepView {
  const { row } = view;
  if (isShown(row.output)) return { ...view, row: { ...row, items: null } };
  return { ...view, row: { ...row, items: null, output: null }, isOutputLong: true };
}

/** A step of which nothing was ever stored. */
function noRow(workflowRun: string, step: number, { name }: StepSpec): StepRow {
  return blankStep({ workflowRun, step, part: -1, name, revision: 1 });
}
