import { useEffect, useRef, useState } from "preact/compat";
import { tinykeys } from "tinykeys";
import { isTyping } from "./shortcuts.tsx";

/**
 * Moves through the rows of a list with j and k, opens the current one with Enter, selects it with x. Returns
 * the id of the current row, for `Table`.
 */
export function useRowKeys(
  ids: readonly string[],
  acts: { readonly open: (id: string) => void; readonly select?: (id: string) => void },
): string | null {
  const [current, setCurrent] = useState<string | null>(null);
  // Keys come quicker than renderings.
  const here = useRef<string | null>(null);
  useEffect(() => {
    const move = (step: number) => (event: KeyboardEvent) => {
      if (isTyping(event) || ids.length === 0) return;
      const at = here.current === null ? -1 : ids.indexOf(here.current);
      const next = ids[Math.min(ids.length - 1, Math.max(0, at + step))] ?? null;
      here.current = next;
      setCurrent(next);
      const row = document.querySelector(`[data-row="${CSS.escape(next ?? "")}"]`);
      row?.scrollIntoView({ block: "nearest" });
      // The focus goes along, so that Enter is not that of a button that was pressed before.
      row?.querySelector("a")?.focus({ preventScroll: true });
    };
    const select = (event: KeyboardEvent): void => {
      if (here.current !== null && !isTyping(event)) acts.select?.(here.current);
    };
    const open = (event: KeyboardEvent): void => {
      // Enter on a link or a button is theirs.
      const isOther =
        event.target instanceof HTMLElement && event.target.closest("a,button") !== null;
      if (here.current !== null && !isTyping(event) && !isOther) acts.open(here.current);
    };
    return tinykeys(globalThis.window, {
      j: move(1),
      k: move(-1),
      Enter: open,
      x: select,
    });
  }, [ids, acts.open, acts.select]);
  return current;
}
