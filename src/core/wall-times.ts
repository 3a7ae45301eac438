import type { CivilDay, CivilDays } from "./civil-days.ts";
import { civilDayOf } from "./civil-days.ts";
import type { DayTimes } from "./day-times.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const DAY_SECONDS = 86_400;

/**
 * What a clock on the wall shows, in whole seconds, as the instant at which a clock in UTC shows
 * it. A zone may never show it, or show it twice.
 */
export type WallMs = number;

/** The wall times that a pattern names: its days times its times of day, without any zone. */
export class WallTimes {
  readonly #days: CivilDays;
  readonly #times: DayTimes;

  constructor(days: CivilDays, times: DayTimes) {
    this.#days = days;
    this.#times = times;
  }

  has(wallMs: WallMs): boolean {
    const day = civilDayOf(wallMs);
    return this.#times.has(secondOf(wallMs, day)) && this.#days.has(day);
  }

  /** The first named wall time at or after one; infinite when there is none. */
  firstFrom(wallMs: WallMs): WallMs {
    const day = civilDayOf(wallMs);
    const second = this.#times.firstFrom(secondOf(wallMs, day));
    if (second !== undefined && this.#days.has(day)) return wallOf(day, second);
    const next = this.#days.firstFrom(day + 1);
    return next === null ? Number.POSITIVE_INFINITY : wallOf(next, this.#times.firstFrom(0) ?? 0);
  }

  /** The last named wall time before one; negative infinity when there is none. */
  lastBefore(wallMs: WallMs): WallMs {
    const day = civilDayOf(wallMs);
    const second = this.#times.lastBefore(secondOf(wallMs, day));
    if (second !== undefined && this.#days.has(day)) return wallOf(day, second);
    const previous = this.#days.lastUntil(day - 1);
    return previous === null
      ? Number.NEGATIVE_INFINITY
      : wallOf(previous, this.#times.lastBefore(DAY_SECONDS) ?? 0);
  }

  /** How many are named from one up to, but not including, another. */
  count(fromMs: WallMs, untilMs: WallMs): number {
    const [first, last] = [civilDayOf(fromMs), civilDayOf(untilMs)];
    return (
      this.#days.count(first, last) * this.#times.count +
      this.#countBefore(untilMs, last) -
      this.#countBefore(fromMs, first)
    );
  }

  #countBefore(wallMs: WallMs, day: CivilDay): number {
    const count = this.#times.countBefore(secondOf(wallMs, day));
    return count > 0 && this.#days.has(day) ? count : 0;
  }
}

function secondOf(wallMs: WallMs, day: CivilDay): number {
  return (wallMs - day * DAY_MS) / SECOND_MS;
}

function wallOf(day: CivilDay, second: number): WallMs {
  return day * DAY_MS + second * SECOND_MS;
}
