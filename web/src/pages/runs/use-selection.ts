import { useCallback, useState } from "preact/compat";
import type { Selection } from "../../kit/table.tsx";

/** The rows that are selected; `clear` lets them go. */
export function useSelection(): Selection & { clear(): void } {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const toggle = useCallback((id: string) => {
    setIds((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const toggleAll = useCallback((all: readonly string[]) => {
    setIds((before) => (all.every((id) => before.has(id)) ? new Set() : new Set(all)));
  }, []);
  const clear = useCallback(() => setIds(new Set()), []);
  return { ids, toggle, toggleAll, clear };
}
