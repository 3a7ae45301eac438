import { useSyncExternalStore } from "preact/compat";
import { storedText } from "../url/stored.ts";

const choice = storedText("tw.zone");
const listeners = new Set<() => void>();

/** The zone of this browser. */
export const OWN_ZONE: string = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone in which the pages show times: the viewer's own unless another one was chosen. */
export function zoneNow(): string {
  return choice.read() ?? OWN_ZONE;
}

/** Null goes back to the viewer's own. */
export function switchZone(zone: string | null): void {
  choice.write(zone);
  for (const listener of listeners) listener();
}

export function useZone(): string {
  return useSyncExternalStore(listen, zoneNow);
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}
