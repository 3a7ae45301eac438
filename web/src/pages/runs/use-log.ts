import { useEffect, useMemo, useState, useSyncExternalStore } from "preact/compat";
import type { RunJson } from "../../api/shapes.ts";
import { LogSource, type LogState } from "./log-source.ts";
import { hasEnded } from "./run-states.ts";

/** An executor's last lines may come that long after the end of the run. */
const LATE_MS = 3_000;

/** The log of a run, followed while the run is under way. A run that is still planned has none. */
export function useLog(run: RunJson): LogState & { again(): void } {
  const source = useMemo(() => new LogSource(run.id), [run.id]);
  const [round, setRound] = useState(0);
  const isDue = run.state !== "waiting";
  useEffect(() => {
    if (!isDue) return undefined;
    const endedMs = run.endedAt === null ? Date.now() : Date.parse(run.endedAt);
    const isOpen = !hasEnded(run.state) || Date.now() - endedMs < LATE_MS;
    // What the run becomes later the stream says itself.
    return source.start(isOpen);
  }, [source, isDue, round]);
  const state = useSyncExternalStore(
    (changed) => source.onChange(changed),
    () => source.state,
  );
  return { ...state, again: () => setRound(round + 1) };
}
