import { useCallback, useMemo, useState } from "preact/compat";

interface Seen {
  readonly key: string;
  readonly ids: ReadonlySet<string>;
}

export interface SteadyList<T> {
  readonly shown: readonly T[];
  /** How many have come since that are not shown. */
  readonly freshCount: number;
  readonly showFresh: () => void;
}

/**
 * A list, newest first, whose rows stay where they are while new ones come: those are counted until they are asked
 * for. What is older than the last row was loaded on purpose, and is shown. `key` says which list it is: another
 * one begins anew.
 */
export function useSteadyList<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  key: string,
): SteadyList<T> {
  const [seen, setSeen] = useState<Seen | null>(null);
  const isSeen = seen !== null && seen.key === key;
  const ids = isSeen ? seen.ids : null;
  const first = ids === null ? 0 : items.findIndex((item) => ids.has(idOf(item)));
  const shown = useMemo(
    () =>
      ids === null || first === -1
        ? items
        : items.filter((item, at) => at > first || ids.has(idOf(item))),
    [items, ids, first, idOf],
  );
  if (!isSeen && items.length > 0) setSeen({ key, ids: new Set(items.map(idOf)) });
  const showFresh = useCallback(
    () => setSeen({ key, ids: new Set(items.map(idOf)) }),
    [items, idOf, key],
  );
  return { shown, freshCount: items.length - shown.length, showFresh };
}
