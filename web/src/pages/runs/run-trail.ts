/** The list from which a run was opened: where the way back leads, and what stands before and behind a run. */
export interface RunTrail {
  /** The query of the page, with its question mark. */
  readonly query: string;
  readonly ids: readonly string[];
}

const KEY = "tw.runs.trail";
const IDS_MAX = 1_000;

/** Remembers the list for as long as this tab lives. */
export function rememberTrail({ query, ids }: RunTrail): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ query, ids: ids.slice(0, IDS_MAX) }));
  } catch {
    // Where nothing may be stored, a run has no neighbours.
  }
}

/** The list that was shown last in this tab; null when there was none. */
export function trailNow(): RunTrail | null {
  try {
    const text = sessionStorage.getItem(KEY);
    const trail: unknown = text === null ? null : JSON.parse(text);
    return isTrail(trail) ? trail : null;
  } catch {
    return null;
  }
}

/** The runs before and behind a run in a list; null at its ends, and for a run that it does not show. */
export function neighboursIn(
  trail: RunTrail | null,
  id: string,
): { readonly before: string | null; readonly behind: string | null; readonly at: number } {
  const at = trail?.ids.indexOf(id) ?? -1;
  if (trail === null || at < 0) return { before: null, behind: null, at: -1 };
  return { before: trail.ids[at - 1] ?? null, behind: trail.ids[at + 1] ?? null, at };
}

function isTrail(value: unknown): value is RunTrail {
  if (typeof value !== "object" || value === null) return false;
  return "query" in value && typeof value.query === "string" && "ids" in value && isIds(value.ids);
}

function isIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((id) => typeof id === "string");
}
