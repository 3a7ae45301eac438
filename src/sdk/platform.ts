/** What the SDK needs of the runtime that it runs on. Tests bring their own. */
export interface Platform {
  /** The wall clock, in milliseconds since the epoch. */
  nowMs(): number;
  /** From 0 to below 1, for jitter. */
  random(): number;
  /** Never the same twice. */
  uniqueId(): string;
  /** Calls `work` once, in so many milliseconds; returns how to call it off. */
  after(ms: number, work: () => void): () => void;
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** Beyond 2^31 milliseconds a timer fires at once. */
const TIMER_MS_MAX = 2_147_483_647;

/**
 * Node, Bun, Deno or Workers: nothing but what all of them have. This is the one file of the SDK that
 * reads the clock, draws lots or reaches the network.
 */
export function systemPlatform(fetchWith?: typeof fetch): Platform {
  return {
    nowMs: () => Date.now(),
    random: () => Math.random(),
    uniqueId: () => crypto.randomUUID(),
    after(ms, work) {
      const timer = setTimeout(work, Math.min(Math.max(ms, 0), TIMER_MS_MAX));
      return () => clearTimeout(timer);
    },
    // Workers' own must not be called as a method.
    fetch: (url, init) => (fetchWith === undefined ? fetch(url, init) : fetchWith(url, init)),
  };
}

/** Resolves after so many milliseconds, or as soon as `signal` aborts. */
export function pause(platform: Platform, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = (): void => {
      callOff();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const callOff = platform.after(ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Whether `work` was done in time. Its outcome is nobody's business here: it must not reject. */
export async function doneWithin(
  platform: Platform,
  ms: number,
  work: Promise<unknown>,
): Promise<boolean> {
  const over = new AbortController();
  const late = pause(platform, ms, over.signal).then(() => false);
  const isDone = await Promise.race([work.then(() => true), late]);
  over.abort();
  return isDone;
}
