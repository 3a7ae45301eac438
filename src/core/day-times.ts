import { valueSet, type ValueSet } from "./value-set.ts";

const DAY_SECONDS = 86_400;

/** Seconds since local midnight, as a clock on the wall shows them. */
export type TimeOfDay = number;

/** Which seconds, minutes and hours a pattern names: one flag for each, 1 when it is named. */
export interface TimeFlags {
  readonly second: readonly number[];
  readonly minute: readonly number[];
  readonly hour: readonly number[];
}

/** The times of day that a pattern names: at least one. */
export class DayTimes {
  /** How many there are in a day. */
  readonly count: number;
  readonly #hours: ValueSet;
  readonly #minutes: ValueSet;
  readonly #seconds: ValueSet;

  constructor({ hour, minute, second }: TimeFlags) {
    this.#hours = valueSet(hour);
    this.#minutes = valueSet(minute);
    this.#seconds = valueSet(second);
    this.count = this.#hours.count * this.#minutes.count * this.#seconds.count;
  }

  has(time: TimeOfDay): boolean {
    return (
      this.#hours.has(Math.floor(time / 3_600)) &&
      this.#minutes.has(Math.floor(time / 60) % 60) &&
      this.#seconds.has(time % 60)
    );
  }

  /** How many named times lie before one, which may be the end of the day. */
  countBefore(time: TimeOfDay): number {
    const [hour, minute] = [Math.floor(time / 3_600), Math.floor(time / 60) % 60];
    const [hours, minutes, seconds] = [this.#hours, this.#minutes, this.#seconds];
    let count = hours.before(hour) * minutes.count * seconds.count;
    if (!hours.has(hour)) return count;
    count += minutes.before(minute) * seconds.count;
    return minutes.has(minute) ? count + seconds.before(time % 60) : count;
  }

  /** The first named time at or after one; undefined when the rest of the day has none. */
  firstFrom(time: TimeOfDay): TimeOfDay | undefined {
    const [hour, minute] = [Math.floor(time / 3_600), Math.floor(time / 60) % 60];
    if (this.#hours.has(hour)) {
      if (this.#minutes.has(minute)) {
        const second = this.#seconds.firstFrom(time % 60);
        if (second !== -1) return hour * 3_600 + minute * 60 + second;
      }
      const later = this.#minutes.firstFrom(minute + 1);
      if (later !== -1) return hour * 3_600 + later * 60 + this.#seconds.firstFrom(0);
    }
    const next = this.#hours.firstFrom(hour + 1);
    if (next === -1) return undefined;
    return next * 3_600 + this.#minutes.firstFrom(0) * 60 + this.#seconds.firstFrom(0);
  }

  /** The last named time before one, which may be the end of the day; undefined when none is. */
  lastBefore(time: TimeOfDay): TimeOfDay | undefined {
    const [hour, minute] = [Math.floor(time / 3_600), Math.floor(time / 60) % 60];
    if (time < DAY_SECONDS && this.#hours.has(hour)) {
      if (this.#minutes.has(minute)) {
        const second = this.#seconds.lastBefore(time % 60);
        if (second !== -1) return hour * 3_600 + minute * 60 + second;
      }
      const earlier = this.#minutes.lastBefore(minute);
      if (earlier !== -1) return hour * 3_600 + earlier * 60 + this.#seconds.lastBefore(60);
    }
    const previous = this.#hours.lastBefore(hour);
    if (previous === -1) return undefined;
    return previous * 3_600 + this.#minutes.lastBefore(60) * 60 + this.#seconds.lastBefore(60);
  }
}
