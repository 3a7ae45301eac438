import type { Clock } from "../src/ports/clock.ts";
import type { Alarm, Timers } from "../src/ports/timers.ts";

/** A wish nearer than this is also served by a timer of the awake object: it costs nothing and is punctual. */
const NEAR_MS = 1_000;
/** Behind such a timer the alarm is only for the case that the object dies: it is armed this far ahead. */
const BEHIND_MS = 2_000;
/** When the wake-up itself failed: when to try again. */
export const SAFETY_MS = 30_000;

export interface ObjectAlarmDeps {
  readonly clock: Clock;
  readonly timers: Timers;
  /** The platform's `setAlarm`. */
  readonly setAlarm: (atMs: number) => Promise<void>;
  /** Called when a near wish has come. */
  readonly wake: () => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * The alarm of a Durable Object as a shard wishes for it. Each `setAlarm` is a row written, so an alarm
 * that is armed earlier than the wish is left alone: it wakes the shard for nothing and is then set
 * right, while an alarm that is too late would lose time. The platform's traps (measured with workerd of
 * October 2026): an alarm set for now or earlier can be lost for ever, and one that was lost goes on
 * being reported with its time, so a time that has passed counts as no alarm.
 */
export class ObjectAlarm implements Alarm {
  readonly #deps: ObjectAlarmDeps;
  #storedMs: number | null = null;
  #timesSet = 0;
  #wishMs: number | null = null;
  #lastingMs: number | null = null;
  #cancelNear: (() => void) | null = null;

  constructor(deps: ObjectAlarmDeps) {
    this.#deps = deps;
  }

  get armedMs(): number | null {
    const stored = this.#storedMs;
    return stored !== null && stored > this.#deps.clock.nowMs() ? stored : null;
  }

  /** How often the platform's alarm was set: each is a row written. */
  get timesSet(): number {
    return this.#timesSet;
  }

  /** What the platform says is armed: at the start of the object, and whenever somebody doubts. */
  found(storedMs: number | null): void {
    this.#storedMs = storedMs;
  }

  /** The platform's alarm has gone off, and is no longer armed. */
  fired(): void {
    this.#storedMs = null;
  }

  set(atMs: number | null, lastingMs: number | null = atMs): void {
    this.#wishMs = atMs;
    this.#lastingMs = lastingMs;
    this.#cancelNear?.();
    this.#cancelNear = null;
    const { clock, timers, wake } = this.#deps;
    const nowMs = clock.nowMs();
    if (atMs !== null && atMs - nowMs < NEAR_MS)
      this.#cancelNear = timers.after(Math.max(0, atMs - nowMs), () => {
        this.#cancelNear = null;
        wake();
      });
    if (lastingMs === null) return;
    this.#arm(lastingMs - nowMs < NEAR_MS ? nowMs + BEHIND_MS : lastingMs, nowMs);
  }

  /** Makes sure that the last wish is armed. */
  rearm(): void {
    this.set(this.#wishMs, this.#lastingMs);
  }

  /** Arms `atMs`, unless something is armed that goes off no later. */
  #arm(atMs: number, nowMs: number): void {
    const { setAlarm, onFailure } = this.#deps;
    const stored = this.armedMs;
    if (stored !== null && stored <= atMs) return;
    const armedMs = Math.max(nowMs + 1, atMs);
    this.#storedMs = armedMs;
    this.#timesSet++;
    setAlarm(armedMs).catch((error: unknown) => {
      if (this.#storedMs === armedMs) this.#storedMs = null;
      onFailure(error);
    });
  }
}
