import { call } from "../../api/client.ts";
import type { RunJson } from "../../api/shapes.ts";
import type { Filters } from "../../url/filters.ts";
import { hasEnded } from "./run-states.ts";
import { bulkFilters, type BulkAction, type BulkFilter } from "./runs-query.ts";

/** On which runs something is to be done: on some rows, or on everything that matches the filters. */
export type BulkTarget =
  | { readonly kind: "rows"; readonly rows: readonly RunJson[] }
  | { readonly kind: "matching"; readonly filters: Filters };

/** What a bulk action would do. */
export interface BulkPlan {
  /** For `POST /runs/bulk`; null when there is nothing to do. */
  readonly filter: BulkFilter | null;
  readonly count: number;
  /** There are more than one request acts on. */
  readonly isMore: boolean;
  /** Runs of the list that have not ended, or have, so that the action passes them over. */
  readonly skipped: number;
  /** More runs than one request looks at match, so that more may be skipped. */
  readonly isSkippedMore: boolean;
  /** Of those that it means, steps of workflows: they are done again by their workflow runs. */
  readonly steps: number;
  readonly sample: readonly RunJson[];
}

/** What `POST /runs/bulk` answers. */
export interface BulkAnswer {
  readonly matched: number;
  readonly isMore: boolean;
  readonly sample?: readonly RunJson[];
  readonly done?: number;
  readonly skipped?: number;
  readonly failed?: readonly { readonly run: string; readonly detail: string }[];
}

/** As many as one request acts on. */
const RUNS_MAX = 1_000;

/** Finds out what an action would do; nothing is done. */
export function planOf(
  action: BulkAction,
  target: BulkTarget,
  signal: AbortSignal,
): Promise<BulkPlan> {
  return target.kind === "rows"
    ? planOfRows(action, target.rows, signal)
    : planOfFilters(action, target.filters, signal);
}

async function planOfRows(
  action: BulkAction,
  rows: readonly RunJson[],
  signal: AbortSignal,
): Promise<BulkPlan> {
  const isStep = (run: RunJson): boolean => action === "retry" && run.workflow !== null;
  const fits = rows.filter(({ state }) => hasEnded(state) === (action === "retry"));
  const possible = fits.filter((run) => !isStep(run)).slice(0, RUNS_MAX);
  const skipped = rows.length - fits.length;
  const steps = fits.filter(isStep).length;
  const isMore = fits.length - steps > RUNS_MAX;
  const left = { isMore, skipped, isSkippedMore: false, steps };
  if (possible.length === 0) return { ...left, filter: null, count: 0, sample: [] };
  const filter = { ids: possible.map(({ id }) => id) };
  const { matched, sample = [] } = await tried(action, filter, signal);
  return { ...left, filter, count: matched, sample };
}

const NOTHING: BulkPlan = {
  filter: null,
  count: 0,
  isMore: false,
  skipped: 0,
  isSkippedMore: false,
  steps: 0,
  sample: [],
};

async function planOfFilters(
  action: BulkAction,
  filters: Filters,
  signal: AbortSignal,
): Promise<BulkPlan> {
  const wanted = bulkFilters(filters, action, Date.now());
  if (wanted === null) return NOTHING;
  const { all, possible } = wanted;
  const [everything, doable, steps] = await Promise.all([
    tried(action, all, signal),
    possible === null ? null : tried(action, possible, signal),
    stepsOf(action, possible, signal),
  ]);
  const isSkippedMore = everything.isMore;
  if (possible === null || doable === null)
    return { ...NOTHING, skipped: everything.matched, isSkippedMore };
  return {
    filter: possible,
    count: Math.max(0, doable.matched - steps),
    isMore: doable.isMore,
    isSkippedMore,
    skipped: Math.max(0, everything.matched - doable.matched),
    steps,
    sample: doable.sample ?? [],
  };
}

async function stepsOf(
  action: BulkAction,
  filter: BulkFilter | null,
  signal: AbortSignal,
): Promise<number> {
  const { trigger = "workflow" } = filter ?? {};
  if (filter === null || action === "cancel" || trigger !== "workflow") return 0;
  return (await tried(action, { ...filter, trigger: "workflow" }, signal)).matched;
}

async function tried(
  action: BulkAction,
  filter: BulkFilter,
  signal: AbortSignal,
): Promise<BulkAnswer> {
  const body = { action, filter, dryRun: true };
  return (await call<BulkAnswer>("POST", "/runs/bulk", { body, signal })).body;
}
