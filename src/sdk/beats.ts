import { durationMs } from "../core/duration.ts";
import type { Json } from "../core/json.ts";
import { doneWithin, pause, type Platform } from "./platform.ts";
import { backoffMs, isPassing, isTaken, type Scheduler } from "./scheduler.ts";

export const BEAT_LIMITS = {
  everyMs: 10_000,
  everyMsMin: 1_000,
  everyMsMax: 60_000,
  /** How long it is tried to take leave. */
  leaveMs: 3_000,
} as const;

export interface BeatsDeps {
  readonly platform: Platform;
  readonly scheduler: Scheduler;
  readonly say: (message: string) => void;
  /** What the next beat says. */
  readonly beat: () => { readonly address: string; readonly [field: string]: Json };
}

/** The signs of life that register this node and keep it registered. */
export class Beats {
  readonly #deps: BeatsDeps;
  readonly #stopping = new AbortController();
  #first: Promise<void> | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: BeatsDeps) {
    this.#deps = deps;
  }

  /**
   * Resolves with the first beat that is taken, or when it is stopped before. Rejects when the scheduler
   * refuses that beat for a reason that does not pass by itself, such as a wrong secret.
   */
  start(): Promise<void> {
    this.#first ??= new Promise((resolve, reject) => {
      this.#loop = this.#beatOn(resolve).then(resolve, (error: unknown) => {
        this.#first = null;
        reject(error);
      });
    });
    return this.#first;
  }

  /** Takes leave, so that nothing more is sent here. */
  async stop(): Promise<void> {
    const { platform, scheduler, beat, say } = this.#deps;
    this.#stopping.abort();
    if (this.#first === null) return;
    const leave = async (): Promise<void> => {
      // A beat that arrived after it would bring the node back.
      await this.#loop;
      const { address } = beat();
      const said = await scheduler.untilTaken(() => scheduler.call("leave", { address }), {
        untilMs: platform.nowMs() + BEAT_LIMITS.leaveMs,
        signal: new AbortController().signal,
      });
      if (!isTaken(said)) say(`the leave was not taken: ${said.why}`);
    };
    await doneWithin(platform, BEAT_LIMITS.leaveMs, leave());
  }

  async #beatOn(onFirst: () => void): Promise<void> {
    const { platform, scheduler, beat, say } = this.#deps;
    const { signal } = this.#stopping;
    let failures = 0;
    let isKnown = false;
    while (!signal.aborted) {
      // One beat after the other.
      // oxlint-disable-next-line no-await-in-loop
      const said = await scheduler.call("beat", beat());
      if (isTaken(said)) {
        failures = 0;
        isKnown = true;
        onFirst();
      } else if (!isKnown && !isPassing(said.status)) {
        throw new Error(`the scheduler refuses this node: ${said.why}`);
      } else {
        failures++;
        say(`the beat was not taken: ${said.why}`);
      }
      const everyMs = everyMsOf(said.body["beatEvery"]);
      // A little early, so that many nodes that started together do not stay together.
      const waitMs =
        failures === 0
          ? everyMs * (0.85 + platform.random() * 0.15)
          : Math.max(said.retryAfterMs ?? 0, Math.min(backoffMs(platform, failures), everyMs));
      // oxlint-disable-next-line no-await-in-loop
      await pause(platform, waitMs, signal);
    }
  }
}

function everyMsOf(text: Json | undefined): number {
  const everyMs = typeof text === "string" ? durationMs(text) : undefined;
  const { everyMsMin, everyMsMax } = BEAT_LIMITS;
  return Math.min(Math.max(everyMs ?? BEAT_LIMITS.everyMs, everyMsMin), everyMsMax);
}
