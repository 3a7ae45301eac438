import type { Filters } from "../../url/filters.ts";
import { ENDED_STATES, FAILED_STATES, OPEN_STATES, RUN_STATES } from "./run-states.ts";

const MINUTE_MS = 60_000;

/** Spans that end now, for the filter of time. */
export const RANGES: Readonly<Record<string, number>> = {
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "24h": 1_440 * MINUTE_MS,
  "7d": 10_080 * MINUTE_MS,
};

// What a bulk action can be narrowed by, and what only the list can be.
const SHARED = ["job", "trigger", "workflow", "workflowRun", "node", "q", "slowerThan"] as const;
const LIST_ONLY = ["backfill", "parent"] as const;

/** Every filter that the address may hold. */
export const FILTER_NAMES: readonly string[] = [
  ...SHARED,
  ...LIST_ONLY,
  "state",
  "range",
  "from",
  "to",
  "deadLetter",
  "order",
];

/** The states that the filter names; those that there are not are left out. */
export function statesOf({ state = "" }: Filters): readonly string[] {
  return state.split(",").filter((name) => RUN_STATES.some((known) => known === name));
}

/** The query of `GET /runs`, with its question mark. A span that ends now begins at a full minute. */
export function listQuery(filters: Filters, nowMs: number): string {
  const query = new URLSearchParams(timesOf(filters, nowMs));
  for (const name of [...SHARED, ...LIST_ONLY]) put(query, name, filters[name]);
  put(query, "state", statesOf(filters).join(","));
  if (filters["deadLetter"] === "1") query.set("deadLetter", "1");
  if (filters["order"] === "oldest") query.set("order", "oldest");
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

export type BulkAction = "retry" | "cancel";

/** What `POST /runs/bulk` takes as its filter. */
export type BulkFilter = Readonly<Record<string, unknown>>;

/**
 * The runs of the list on which an action is possible, and all runs of the list, as filters of a bulk action.
 * Null where a bulk action cannot be narrowed like the list.
 */
export function bulkFilters(
  filters: Filters,
  action: BulkAction,
  nowMs: number,
): { readonly possible: BulkFilter | null; readonly all: BulkFilter } | null {
  if (LIST_ONLY.some((name) => (filters[name] ?? "") !== "")) return null;
  const fields: Record<string, unknown> = timesOf(filters, nowMs);
  for (const name of SHARED) if ((filters[name] ?? "") !== "") fields[name] = filters[name];
  const isDeadLetter = filters["deadLetter"] === "1";
  if (isDeadLetter) fields["deadLetter"] = true;
  const shown = statesOf(filters);
  const asked = shown.length > 0 ? shown : isDeadLetter ? FAILED_STATES : RUN_STATES;
  const fits = actionStates(action, shown.length > 0);
  const states = asked.filter((state) => fits.includes(state));
  return {
    possible: states.length === 0 ? null : { ...fields, state: states },
    all: { ...fields, state: asked },
  };
}

/** What succeeded or was canceled is done again only where its state was chosen. */
function actionStates(action: BulkAction, isChosen: boolean): readonly string[] {
  if (action === "cancel") return OPEN_STATES;
  return isChosen ? ENDED_STATES : FAILED_STATES;
}

function timesOf({ range = "", from = "", to = "" }: Filters, nowMs: number) {
  const spanMs = RANGES[range];
  if (spanMs !== undefined) {
    const beginMs = Math.floor((nowMs - spanMs) / MINUTE_MS) * MINUTE_MS;
    return { from: new Date(beginMs).toISOString() };
  }
  return { ...(from === "" ? {} : { from }), ...(to === "" ? {} : { to }) };
}

function put(query: URLSearchParams, name: string, value: string | undefined): void {
  if (value !== undefined && value !== "") query.set(name, value);
}
