import { useRef, useState } from "preact/compat";

/** The rows of a list in an order that stays while somebody looks at it. */
export interface SettledRows<T> {
  readonly rows: readonly T[];
  /** What has come between the shown rows, and waits. */
  readonly freshCount: number;
  /** The ids of shown rows that the list has no longer. */
  readonly gone: ReadonlySet<string>;
  /** Takes the list as it is now. */
  settle(): void;
}

interface Settled<T> {
  readonly key: string;
  readonly ids: readonly string[];
  readonly last: ReadonlyMap<string, T>;
}

/**
 * Keeps rows where they are while the list is loaded anew: rows change in place, new ones between them wait until
 * they are asked for, and those that no longer belong to the list stay until then. What comes behind the last row,
 * such as the next page, is added there. Another `key`, such as another filter, begins anew.
 */
export function useSettledRows<T>(
  rows: readonly T[],
  idOf: (row: T) => string,
  key: string,
): SettledRows<T> {
  const held = useRef<Settled<T> | null>(null);
  const [, setSettled] = useState(0);
  const now = new Map(rows.map((row) => [idOf(row), row]));
  const before = held.current?.key === key ? held.current : null;
  const order = [...now.keys()];
  const ids = before === null ? order : [...before.ids, ...behind(before.ids, order)];
  const last = new Map([...(before?.last ?? []), ...now]);
  held.current = { key, ids, last };
  const shown = new Set(ids);
  return {
    rows: ids.flatMap((id) => {
      const row = last.get(id);
      return row === undefined ? [] : [row];
    }),
    freshCount: order.filter((id) => !shown.has(id)).length,
    gone: new Set(ids.filter((id) => !now.has(id))),
    settle: () => {
      held.current = null;
      setSettled((count) => count + 1);
    },
  };
}

/** The ids that come after every shown one. */
function behind(shown: readonly string[], order: readonly string[]): readonly string[] {
  const known = new Set(shown);
  const lastKnown = order.findLastIndex((id) => known.has(id));
  return order.slice(lastKnown + 1);
}
