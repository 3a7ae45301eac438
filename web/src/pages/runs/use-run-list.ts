import { useEffect, useMemo, useState } from "preact/compat";
import type { RunJson } from "../../api/shapes.ts";
import { useApi, usePages, type ReadPages } from "../../api/use-api.ts";
import type { LiveRow } from "../../live/live-connection.ts";
import { useLive } from "../../live/use-live.ts";
import { firstRows, freshOf, withHead, withMore, withNews, type RunRows } from "./run-rows.ts";

export interface RunList extends ReadPages<RunJson> {
  /** How many runs stand before the first one that is shown; `isFull`: that many or more. */
  readonly fresh: { readonly count: number; readonly isFull: boolean };
  showFresh(): void;
}

interface Held {
  readonly of: string;
  readonly rows: RunRows;
}

/**
 * Runs page by page that change in their places while new ones wait until they are asked for. `query` is that
 * of `GET /runs`, with its question mark.
 */
export function useRunList(query: string): RunList {
  const pages = usePages<RunJson>(`/runs${query}`);
  const [held, setHeld] = useState<Held | null>(null);
  const rows = held?.of === query ? held.rows : null;
  const head = useHead(query);
  const { data } = pages;
  useEffect(() => {
    if (data === undefined) return;
    setHeld((before) => {
      if (before?.of !== query) return { of: query, rows: firstRows(data) };
      return keptWith(before, withNews(withMore(before.rows, data), head ?? []));
    });
  });
  useLive(["runs"], (told, isReset) => {
    setHeld((before) => before && keptWith(before, withNews(before.rows, told.filter(isRun))));
    if (isReset) pages.again();
  });
  const fresh = useMemo(
    () => (rows === null || head === undefined ? [] : freshOf(rows, head)),
    [rows, head],
  );
  const shown = useMemo(() => rows?.ids.flatMap((id) => rows.byId.get(id) ?? []), [rows]);
  return {
    ...pages,
    data: shown,
    isPending: shown === undefined,
    fresh: { count: fresh.length, isFull: fresh.length > 0 && fresh.length === head?.length },
    showFresh: () => {
      if (rows === null || head === undefined) return;
      setHeld({ of: query, rows: withHead(rows, head) });
      pages.again();
    },
  };
}

const HEAD_ROWS = 50;

/** The first rows as they are now. Where the oldest come first, new runs do not stand there. */
function useHead(query: string): readonly RunJson[] | undefined {
  const isOldestFirst = query.includes("order=oldest");
  const path = `/runs${query}${query === "" ? "?" : "&"}limit=${HEAD_ROWS}`;
  const read = useApi<{ readonly items: readonly RunJson[] }>(path, {
    topics: isOldestFirst ? [] : ["runs"],
  });
  if (isOldestFirst) return undefined;
  return read.data?.items;
}

function keptWith(before: Held, rows: RunRows): Held {
  return rows === before.rows ? before : { of: before.of, rows };
}

/** The server tells runs as `GET /runs` shows them; of very long ones it leaves out what a list does not need. */
function isRun(row: LiveRow): row is LiveRow & RunJson {
  return row.kind === "run";
}
