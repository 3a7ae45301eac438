import { useSyncExternalStore } from "preact/compat";
import { call } from "../../api/client.ts";
import { queryClient } from "../../api/use-api.ts";
import { toastFailure } from "../../kit/toast.tsx";
import { jobPath } from "./copy-as-curl.ts";

/** How long a deletion can be taken back. */
export const UNDO_MS = 10_000;

/**
 * Jobs whose deletion has been asked for. Nothing is sent until the time to take it back is over, so that taking it
 * back costs nothing: the job keeps its id, its runs and its history. Whoever closes the page before has deleted
 * nothing.
 */
let pending: ReadonlyMap<string, ReturnType<typeof setTimeout>> = new Map();
const listeners = new Set<() => void>();

export function deleteLater(job: string): void {
  if (pending.has(job)) return;
  const timer = setTimeout(() => {
    void deleteNow(job);
  }, UNDO_MS);
  change(new Map([...pending, [job, timer]]));
}

export function keepAfterAll(job: string): void {
  clearTimeout(pending.get(job));
  change(new Map([...pending].filter(([other]) => other !== job)));
}

/** The names of the jobs that are about to be deleted. */
export function usePendingDeletes(): ReadonlyMap<string, unknown> {
  return useSyncExternalStore(listen, () => pending);
}

async function deleteNow(job: string): Promise<void> {
  try {
    await call("DELETE", jobPath(job));
  } catch (error) {
    toastFailure(error);
  }
  keepAfterAll(job);
  await queryClient.invalidateQueries();
}

function change(next: ReadonlyMap<string, ReturnType<typeof setTimeout>>): void {
  pending = next;
  for (const listener of listeners) listener();
}

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}
