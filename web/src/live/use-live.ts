import { useEffect, useRef, useSyncExternalStore } from "preact/compat";
import { live, type LiveRow, type LiveState } from "./live-connection.ts";

/** Whether rows come by themselves at the moment. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (changed) => live.onState(changed),
    () => live.state,
  );
}

/**
 * Calls `heard` with the rows of some topics while the component is shown, twice a second at most. `isReset`
 * says that rows may have been missed.
 */
export function useLive(
  topics: readonly string[],
  heard: (rows: readonly LiveRow[], isReset: boolean) => void,
): void {
  const latest = useRef(heard);
  latest.current = heard;
  const key = topics.join(" ");
  useEffect(() => {
    if (key === "") return undefined;
    return live.watch(key.split(" "), (rows, isReset) => latest.current(rows, isReset));
  }, [key]);
}
