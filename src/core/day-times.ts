/** Seconds since local midnight, as a clock on the wall shows them. */
export type TimeOfDay = number;

/** Which seconds, minutes and hours a pattern names: one flag for each, 1 when it is named. */
export interface TimeFlags {
  readonly second: readonly number[];
  readonly minute: readonly number[];
  readonly hour: readonly number[];
}

/** The times of day that a pattern names, so that the next of them takes three look-ups. */
export class DayTimes {
  /** How many there are in a day. */
  readonly count: number;
  readonly #hours: Int8Array;
  readonly #minutes: Int8Array;
  readonly #seconds: Int8Array;
  readonly #hoursBefore: Uint8Array;
  readonly #minutesBefore: Uint8Array;
  readonly #secondsBefore: Uint8Array;

  constructor({ hour, minute, second }: TimeFlags) {
    this.#hours = nextNamed(hour);
    this.#minutes = nextNamed(minute);
    this.#seconds = nextNamed(second);
    this.#hoursBefore = namedBefore(hour);
    this.#minutesBefore = namedBefore(minute);
    this.#secondsBefore = namedBefore(second);
    this.count = [hour, minute, second].reduce((n, flags) => n * flags.filter(Boolean).length, 1);
  }

  has(time: TimeOfDay): boolean {
    return this.firstFrom(time) === time;
  }

  /** How many named times lie before one, which may be the end of the day. */
  countBefore(time: TimeOfDay): number {
    const [hour, minute] = [Math.floor(time / 3_600), Math.floor(time / 60) % 60];
    const inMinute = this.#secondsBefore.at(-1) ?? 0;
    const inHour = (this.#minutesBefore.at(-1) ?? 0) * inMinute;
    let count = (this.#hoursBefore[hour] ?? 0) * inHour;
    if (named(this.#hours, hour) !== hour) return count;
    count += (this.#minutesBefore[minute] ?? 0) * inMinute;
    if (named(this.#minutes, minute) !== minute) return count;
    return count + (this.#secondsBefore[time % 60] ?? 0);
  }

  /** The first named time at or after one; undefined when the rest of the day has none. */
  firstFrom(time: TimeOfDay): TimeOfDay | undefined {
    const [hour, minute] = [Math.floor(time / 3_600), Math.floor(time / 60) % 60];
    if (named(this.#hours, hour) === hour) {
      if (named(this.#minutes, minute) === minute) {
        const second = named(this.#seconds, time % 60);
        if (second !== -1) return hour * 3_600 + minute * 60 + second;
      }
      const later = named(this.#minutes, minute + 1);
      if (later !== -1) return hour * 3_600 + later * 60 + named(this.#seconds, 0);
    }
    const next = named(this.#hours, hour + 1);
    if (next === -1) return undefined;
    return next * 3_600 + named(this.#minutes, 0) * 60 + named(this.#seconds, 0);
  }
}

/** At each index how many named values lie below it; the last index counts all of them. */
function namedBefore(flags: readonly number[]): Uint8Array {
  const table = new Uint8Array(flags.length + 1);
  for (const [value, flag] of flags.entries())
    table[value + 1] = (table[value] ?? 0) + (flag === 1 ? 1 : 0);
  return table;
}

/** At each index the first named value at or after it; -1 when there is none. */
function nextNamed(flags: readonly number[]): Int8Array {
  const table = new Int8Array(flags.length).fill(-1);
  let next = -1;
  for (let value = flags.length - 1; value >= 0; value--) {
    if (flags[value] === 1) next = value;
    table[value] = next;
  }
  return table;
}

/** Past the end of a field there is nothing. */
function named(table: Int8Array, value: number): number {
  return table[value] ?? -1;
}
