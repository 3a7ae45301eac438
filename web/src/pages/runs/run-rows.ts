import type { RunJson } from "../../api/shapes.ts";

/** The rows that a list shows, in their order: it changes only when somebody asks for it. */
export interface RunRows {
  readonly ids: readonly string[];
  readonly byId: ReadonlyMap<string, RunJson>;
}

/** A list as it was first loaded. */
export function firstRows(loaded: readonly RunJson[]): RunRows {
  return { ids: loaded.map(({ id }) => id), byId: new Map(loaded.map((run) => [run.id, run])) };
}

/** What is known of some rows by now, in their places. What the list does not show is left out. */
export function withNews(rows: RunRows, news: readonly RunJson[]): RunRows {
  const newer = news.filter(({ id, version }) => {
    const known = rows.byId.get(id);
    return known !== undefined && known.version < version;
  });
  if (newer.length === 0) return rows;
  const byId = new Map(rows.byId);
  for (const run of newer) byId.set(run.id, run);
  return { ids: rows.ids, byId };
}

/** The same with the rows behind the last one that is shown: what `Load more` has brought. */
export function withMore(rows: RunRows, loaded: readonly RunJson[]): RunRows {
  const known = withNews(rows, loaded);
  const lastAt = loaded.findLastIndex(({ id }) => rows.byId.has(id));
  const more = lastAt < 0 && rows.ids.length > 0 ? [] : loaded.slice(lastAt + 1);
  if (more.length === 0) return known;
  const byId = new Map(known.byId);
  for (const run of more) byId.set(run.id, run);
  return { ids: [...known.ids, ...more.map(({ id }) => id)], byId };
}

/** The runs at the head of the list that it does not show yet. */
export function freshOf(rows: RunRows, head: readonly RunJson[]): readonly RunJson[] {
  const lastAt = head.findLastIndex(({ id }) => rows.byId.has(id));
  const before = lastAt < 0 ? head : head.slice(0, lastAt);
  return before.filter(({ id }) => !rows.byId.has(id));
}

/** The list with its new head. What cannot be joined to it is dropped, and loaded again by `Load more`. */
export function withHead(rows: RunRows, head: readonly RunJson[]): RunRows {
  const isJoined = head.some(({ id }) => rows.byId.has(id));
  if (!isJoined) return firstRows(head);
  const inHead = new Set(head.map(({ id }) => id));
  const ids = [...inHead, ...rows.ids.filter((id) => !inHead.has(id))];
  return { ids, byId: new Map([...rows.byId, ...head.map((run) => [run.id, run] as const)]) };
}
