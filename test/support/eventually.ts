import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 40;
const WITHIN_MS = 15_000;

/**
 * What `probe` finds as soon as it finds something: it is asked again until then. Throws after the
 * deadline, naming what was waited for. For what can only be asked, such as a list behind an API.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  withinMs: number = WITHIN_MS,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    // Each try waits for the one before it.
    // oxlint-disable-next-line no-await-in-loop
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    // oxlint-disable-next-line no-await-in-loop
    await sleep(POLL_MS);
  }
}

/** Waits until the wall clock shows an instant: the only way to let nominal times pass. */
export async function clockReaches(atMs: number): Promise<void> {
  // A timer may fire a millisecond early by the wall clock.
  // oxlint-disable-next-line no-await-in-loop
  while (Date.now() < atMs) await sleep(Math.max(1, atMs - Date.now()));
}

/** The value of a promise, unless it takes longer than it may. */
export async function within<T>(what: string, promise: Promise<T>, withinMs: number): Promise<T> {
  const stop = new AbortController();
  const late = sleep(withinMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`not within ${withinMs} ms: ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
  }
}
