import { lineUp } from "./workflow-advance.ts";
import { noteStart } from "./workflow-count-part.ts";
import { newTally } from "./workflow-parts.ts";
import type { WorkflowState } from "./workflow-state.ts";
import type { PartRef } from "./workflow-effect.ts";
import type { StepRow } from "./workflow-run.ts";

/** What the tasks or items of a step say in their newest revision. */
interface PartsFound {
  readonly revision: number;
  ended: number;
  succeeded: number;
  live: number;
  /** The last one that was begun; parts begin in their order. */
  last: number;
  startedMs: number | null;
}

type Found = Map<number, PartsFound>;

/** Finds again how a run stands: from the rows of its steps, read one by one, and from the runs that live. */
export function restore(
  state: WorkflowState,
  rows: Iterable<StepRow>,
  live: Iterable<PartRef>,
): void {
  const { table } = state;
  const found: Found = new Map();
  for (const row of rows) {
    if (row.part === -1) takeRow(state, row);
    else countRow(foundOf(found, row), row);
  }
  for (const ref of live) {
    state.live.add(ref);
    if (ref.isCompensation) continue;
    const parts = foundOf(found, ref);
    if (ref.revision !== parts.revision) continue;
    parts.live++;
    parts.last = Math.max(parts.last, ref.part);
  }
  for (const [place, parts] of found) takeParts(state, place, parts);
  table.recount(state.plan.children);
  lineUp(state, () => true);
}

function takeRow({ table, timers }: WorkflowState, row: StepRow): void {
  const { step, dueMs, startedMs, items, compensation, decision } = row;
  table.setState(step, row.state);
  table.revision[step] = row.revision;
  table.version[step] = row.version;
  table.order[step] = row.order;
  table.startedMs[step] = startedMs ?? Number.NaN;
  table.dueMs[step] = dueMs ?? Number.NaN;
  table.setPassed(step, row.isPassed);
  table.setMarked(step, decision?.action === "succeed");
  table.setUndo(step, compensation?.state ?? null);
  if (items !== null) table.partsTotal[step] = items.length;
  if (row.state === "waiting" && dueMs !== null) timers.add({ key: dueMs, place: step });
}

/** What was found of the step, begun anew where this belongs to a newer revision. */
function foundOf(found: Found, { step, revision }: StepRow | PartRef): PartsFound {
  const known = found.get(step);
  if (known !== undefined && known.revision >= revision) return known;
  const parts = { revision, ended: 0, succeeded: 0, live: 0, last: -1, startedMs: null };
  found.set(step, parts);
  return parts;
}

function countRow(parts: PartsFound, row: StepRow): void {
  if (row.revision !== parts.revision) return;
  parts.ended++;
  if (row.state === "succeeded") parts.succeeded++;
  parts.last = Math.max(parts.last, row.part);
  const startedMs = Math.min(row.startedMs ?? Infinity, parts.startedMs ?? Infinity);
  if (startedMs !== Infinity) parts.startedMs = startedMs;
}

/** A step has begun when a part of it has, unless it has been made pending since. */
function takeParts(state: WorkflowState, place: number, parts: PartsFound): void {
  const { table } = state;
  const { revision, startedMs } = parts;
  if (revision < (table.revision[place] ?? 1)) return;
  table.partsEnded[place] = parts.ended;
  if (table.isEnded(place)) return;
  table.setState(place, "running");
  table.revision[place] = revision;
  const spec = state.specOf(place);
  if (spec.tasks === undefined && spec.map === undefined) return;
  if (spec.tasks !== undefined && startedMs !== null) noteStart(state, place, startedMs);
  const tally = newTally(state.plan.stepOf(place), table.partsTotal[place] ?? 0);
  const { ended, succeeded, live, last } = parts;
  state.tallies.set(place, { ...tally, next: last + 1, live, ended, succeeded });
}
