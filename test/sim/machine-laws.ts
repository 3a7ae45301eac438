import { compilePlan } from "../../src/core/workflow-plan.ts";
import { WorkflowMachine } from "../../src/core/workflow-machine.ts";
import type { PartRef } from "../../src/core/workflow-effect.ts";
import { isWorkflowEnded, type StepRow } from "../../src/core/workflow-run.ts";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import type { StepView, WorkflowRunView } from "../../src/ports/workflow-commands.ts";
import type { History } from "./history.ts";
import { isSame } from "./model-records.ts";
import { NAMESPACE } from "./names.ts";
import { hold } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** Steps and parts of the small workflows of a world. */
const ROWS_MAX = 1_000;
/** One of so many workflow runs is looked at after a change. */
const LOOKED_AT = 3;

/** S3: the machine of a workflow run is the one that would be made of what is stored. */
export function checkMachines(
  history: History,
  host: ShardHost,
  changed: readonly WorkflowStory[],
): void {
  for (const story of changed) {
    checkDue(history, story);
    const isChosen = (story.row.version + story.live.size) % LOOKED_AT === 0;
    if (isChosen && !story.isGone && !isWorkflowEnded(story.row.phase))
      checkMachine(history, host, story);
  }
}

/** S5: a workflow run is looked at when its first time comes. */
function checkDue(history: History, story: WorkflowStory): void {
  const { phase, pausedMs, deadlineMs } = story.row;
  const entry = history.due.get(story.id);
  const said = (): string => `${story.id} is due at ${entry?.dueMs}, ends by ${deadlineMs}`;
  if (phase.state !== "running") {
    hold("S5 what has no time is not due", entry === undefined, said);
    return;
  }
  const dues = [...story.rows.values()].flatMap(({ state, dueMs }) =>
    state === "waiting" && dueMs !== null ? [dueMs] : [],
  );
  if (pausedMs === null && deadlineMs !== null) dues.push(deadlineMs);
  const firstMs = dues.length === 0 ? undefined : Math.min(...dues);
  hold("S5 each workflow run is armed", entry?.dueMs === firstMs, () => `${said()}, ${firstMs}`);
}

function checkMachine(history: History, host: ShardHost, story: WorkflowStory): void {
  const { id, row } = story;
  const view = viewOf(host, id);
  hold("S3 rebuild", isSame(view?.run, row), () => `${id}: ${JSON.stringify([view?.run, row])}`);
  const made = machineOf(host.deps.storage, story);
  for (const place of story.steps.keys())
    checkStep(story, made, { place, seen: view?.steps[place] });
  const dueMs = history.due.get(id)?.dueMs ?? null;
  hold("S3 rebuild", made.dueMs === dueMs, () => `${id} is due at ${dueMs}, not ${made.dueMs}`);
  history.scene.reach("machine: rebuilt");
}

/** As its shard shows it. */
function viewOf({ shard, nowMs }: ShardHost, workflowRun: string): WorkflowRunView | undefined {
  const ref = { namespace: NAMESPACE, workflowRun };
  const reply = shard?.command("workflow-run.get", { ref }, { nowMs, idempotency: null });
  return reply?.ok === true ? reply.value.view : undefined;
}

function checkStep(
  { id }: WorkflowStory,
  made: WorkflowMachine,
  { place, seen }: { readonly place: number; readonly seen: StepView | undefined },
): void {
  const fresh = made.rowOf(place);
  const parts = made.partsOf(place);
  const said = (): string => `${id} s${place}: ${JSON.stringify([seen, fresh, parts])}`;
  hold("S3 rebuild", seen !== undefined, said);
  if (seen === undefined) return;
  // A view says of what runs when its runs have started, and leaves out what a map goes over.
  const startedMs = fresh.state === "running" ? fresh.startedMs : seen.row.startedMs;
  hold("S3 rebuild", isSame({ ...seen.row, items: fresh.items, startedMs }, fresh), said);
  const isCounted = seen.parts === parts.total && seen.partsEnded === parts.ended;
  hold("S3 rebuild", isCounted, said);
}

function machineOf(storage: ShardStorage, story: WorkflowStory): WorkflowMachine {
  const { id } = story;
  const rows: StepRow[] = [];
  for (let after = { step: -1, part: -1 }; ;) {
    const page = storage.stepsAfter(id, after, ROWS_MAX);
    const last = page.at(-1);
    if (last === undefined) break;
    rows.push(...page);
    after = last;
  }
  const machine = new WorkflowMachine({
    run: story.row,
    plan: compilePlan(story.workflow),
    memory: {
      row: (step, part) => storage.getStep(id, step, part),
      events: () => storage.workflowEvents(id),
    },
  });
  const live = [...story.live].flatMap(({ row }): PartRef[] =>
    row.trigger.kind === "workflow" ? [row.trigger] : [],
  );
  machine.restore(rows, live);
  return machine;
}
