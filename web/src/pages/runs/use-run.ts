import type { RunJson } from "../../api/shapes.ts";
import { useApi, type Read } from "../../api/use-api.ts";
import { useLive, useLiveState } from "../../live/use-live.ts";
import { hasEnded } from "./run-states.ts";

const POLL_MS = 2_000;

/** One run, which is read anew whenever it changes. */
export function useRun(id: string): Read<RunJson> {
  const path = `/runs/${encodeURIComponent(id)}`;
  const known = useApi<RunJson>(path);
  const isOpen = known.data !== undefined && !hasEnded(known.data.state);
  const isPolled = useLiveState() === "polling" && isOpen;
  // The same address is read once, however many ask: this one only says how often.
  useApi<RunJson>(isPolled ? path : null, { everyMs: POLL_MS });
  useLive(["runs"], (rows, isReset) => {
    if (isReset || rows.some((row) => row.id === id)) known.again();
  });
  return known;
}
