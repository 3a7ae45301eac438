import { openDayFrom, openDayUntil, type Calendar } from "./calendar.ts";
import type { CivilDay } from "./civil-days.ts";
import type { DstRule } from "./job.ts";
import { hasDay, instantsOf, localDay, passedMs, reachedMs } from "./local-time.ts";
import type { TickRange, TickSource } from "./tick-source.ts";
import type { Zone } from "./zone.ts";

const DAY_MS = 86_400_000;

export const ROLL_LIMITS = {
  /** How far a tick moves at most. One that is farther from any open day is left out. */
  daysMax: 366,
  /** A schedule that moves its ticks has no more than these in a day: one every five minutes. */
  ticksPerDayMax: 288,
} as const;

/** How the ticks of closed days move. */
export interface Roll {
  readonly calendar: Calendar;
  /** Whose days and local times they are. */
  readonly zone: Zone;
  readonly direction: "previous" | "next";
  /** Where a tick lands whose local time the new day skips or repeats. */
  readonly dst: DstRule;
}

/** All ticks of one open day: its own, and those that the closed days beside it hand over. */
interface Group {
  readonly day: CivilDay;
  /** The first and the last day whose ticks these are, `day` among them. */
  readonly fromDay: CivilDay;
  readonly toDay: CivilDay;
  /** Ascending, each once. */
  readonly ticks: readonly number[];
  /** Ticks of the day before or after may lie among them: the clocks repeat a midnight. */
  readonly isMixed: boolean;
}

/**
 * The ticks of a schedule whose calendar moves those of closed days to the same local time of the
 * nearest open day. Ticks that fall together are one. A day that a zone does not have is no open
 * day.
 */
export class RolledTicks implements TickSource {
  readonly #source: TickSource;
  readonly #roll: Roll;
  /** The day asked for last: a schedule is mostly asked for one tick after the other. */
  #group: Group = { day: 0, fromDay: 0, toDay: -1, ticks: [], isMixed: true };

  constructor(source: TickSource, roll: Roll) {
    this.#source = source;
    this.#roll = roll;
  }

  nextAfter(afterMs: number): number | null {
    const { ticks, isMixed } = this.#group;
    if (!isMixed && afterMs >= (ticks[0] ?? Infinity) && afterMs < (ticks.at(-1) ?? 0))
      return ticks[countUpTo(ticks, afterMs)] ?? null;
    const { zone } = this.#roll;
    const today = localDay(zone, afterMs);
    // Where the clocks repeat a midnight, the day before comes again.
    const day = passedMs(zone, today * DAY_MS) > afterMs ? today - 1 : today;
    return this.#seekAhead(reachedMs(zone, this.#firstSource(day) * DAY_MS) - 1, afterMs);
  }

  lastBefore(beforeMs: number): number | null {
    const { zone } = this.#roll;
    const today = localDay(zone, beforeMs - 1);
    const day = reachedMs(zone, (today + 1) * DAY_MS) < beforeMs ? today + 1 : today;
    return this.#seekBack(passedMs(zone, (this.#lastSource(day) + 1) * DAY_MS), beforeMs);
  }

  count({ afterMs, untilMs }: TickRange): number {
    let count = 0;
    for (
      let tick = this.nextAfter(afterMs);
      tick !== null && tick <= untilMs;
      tick = this.nextAfter(tick)
    )
      count++;
    return count;
  }

  /** Where a tick of the source lands; null when it stays, or is too far from any open day. */
  landingOf(sourceMs: number): number | null {
    const { zone, dst } = this.#roll;
    const day = localDay(zone, sourceMs);
    const group = this.#groupAt(day);
    if (group === null || group.day === day) return null;
    const wallMs = sourceMs + zone.offsetMs(sourceMs) + (group.day - day) * DAY_MS;
    return instantsOf(zone, wallMs, dst)[0] ?? null;
  }

  /** Looks at the source's ticks after an instant, from one group to the next. */
  #seekAhead(fromMs: number, afterMs: number): number | null {
    const { zone, calendar, direction } = this.#roll;
    let source = this.#source.nextAfter(fromMs);
    while (source !== null) {
      const day = localDay(zone, source);
      const group = this.#groupAt(day);
      const tick = group?.ticks[countUpTo(group.ticks, afterMs)];
      if (group !== null && tick !== undefined) return this.#orOfNextDay(group, tick, afterMs);
      // Far from any open day, the days up to the next one are jumped over.
      const openDay = group === null ? openDayFrom(calendar, day) : group.toDay + 1;
      if (openDay === null) return null;
      const isReach = group === null && direction === "next";
      const nextDay = isReach ? openDay - ROLL_LIMITS.daysMax : openDay;
      source = this.#source.nextAfter(Math.max(source, reachedMs(zone, nextDay * DAY_MS) - 1));
    }
    return null;
  }

  /** Looks at the source's ticks before an instant, from one group to the one before. */
  #seekBack(fromMs: number, beforeMs: number): number | null {
    const { zone, calendar, direction } = this.#roll;
    let source = this.#source.lastBefore(fromMs);
    while (source !== null) {
      const day = localDay(zone, source);
      const group = this.#groupAt(day);
      const tick = group?.ticks[countUpTo(group.ticks, beforeMs - 1) - 1];
      if (group !== null && tick !== undefined) return this.#orOfDayBefore(group, tick, beforeMs);
      const openDay = group === null ? openDayUntil(calendar, day) : group.fromDay - 1;
      if (openDay === null) return null;
      const isReach = group === null && direction === "previous";
      const lastDay = isReach ? openDay + ROLL_LIMITS.daysMax : openDay;
      const untilMs = passedMs(zone, (lastDay + 1) * DAY_MS);
      source = this.#source.lastBefore(Math.min(source, untilMs));
    }
    return null;
  }

  /** Where the clocks repeat the midnight after a day, a tick of the next day may come earlier. */
  #orOfNextDay({ day }: Group, tick: number, afterMs: number): number {
    const { zone } = this.#roll;
    if (tick < reachedMs(zone, (day + 1) * DAY_MS) || !this.#isOpen(day + 1)) return tick;
    const { ticks } = this.#openGroup(day + 1);
    return Math.min(tick, ticks[countUpTo(ticks, afterMs)] ?? tick);
  }

  #orOfDayBefore({ day }: Group, tick: number, beforeMs: number): number {
    const { zone } = this.#roll;
    if (tick >= passedMs(zone, day * DAY_MS) || !this.#isOpen(day - 1)) return tick;
    const { ticks } = this.#openGroup(day - 1);
    return Math.max(tick, ticks[countUpTo(ticks, beforeMs - 1) - 1] ?? tick);
  }

  /** The group that a day's ticks go to; null when no open day is near enough. */
  #groupAt(sourceDay: CivilDay): Group | null {
    const { fromDay, toDay } = this.#group;
    if (sourceDay >= fromDay && sourceDay <= toDay) return this.#group;
    const step = this.#roll.direction === "next" ? 1 : -1;
    for (let moved = 0; moved <= ROLL_LIMITS.daysMax; moved++)
      if (this.#isOpen(sourceDay + step * moved)) return this.#openGroup(sourceDay + step * moved);
    return null;
  }

  #openGroup(day: CivilDay): Group {
    if (this.#group.day === day && this.#group.toDay >= day) return this.#group;
    const { zone, dst } = this.#roll;
    const [fromDay, toDay] = [this.#firstSource(day), this.#lastSource(day)];
    const ticks = new Set<number>();
    // Most of what is handed over from day to day falls together: each wall time lands once.
    const landed = new Set<number>();
    const untilMs = passedMs(zone, (toDay + 1) * DAY_MS);
    let source = this.#source.nextAfter(reachedMs(zone, fromDay * DAY_MS) - 1);
    while (source !== null && source < untilMs) {
      const wallMs = source + zone.offsetMs(source);
      const sourceDay = Math.floor(wallMs / DAY_MS);
      const movedMs = wallMs + (day - sourceDay) * DAY_MS;
      if (sourceDay === day) ticks.add(source);
      else if (sourceDay >= fromDay && sourceDay <= toDay && !landed.has(movedMs)) {
        landed.add(movedMs);
        for (const tick of instantsOf(zone, movedMs, dst)) ticks.add(tick);
      }
      source = this.#source.nextAfter(source);
    }
    const midnights = [day * DAY_MS, (day + 1) * DAY_MS];
    this.#group = {
      day,
      fromDay,
      toDay,
      ticks: [...ticks].toSorted((a, b) => a - b),
      isMixed: midnights.some((wallMs) => reachedMs(zone, wallMs) !== passedMs(zone, wallMs)),
    };
    return this.#group;
  }

  /** The first day whose ticks may land on a day or, moving back, before it. */
  #firstSource(day: CivilDay): CivilDay {
    if (this.#roll.direction === "previous") return day;
    return day - this.#closedBeside(day, -1);
  }

  #lastSource(day: CivilDay): CivilDay {
    if (this.#roll.direction === "next") return day;
    return day + this.#closedBeside(day, 1);
  }

  /** How many closed days lie directly before or after a day, as far as a tick may move. */
  #closedBeside(day: CivilDay, step: 1 | -1): number {
    let closed = 0;
    while (closed < ROLL_LIMITS.daysMax && !this.#isOpen(day + step * (closed + 1))) closed++;
    return closed;
  }

  #isOpen(day: CivilDay): boolean {
    return this.#roll.calendar.isOpen(day) && hasDay(this.#roll.zone, day);
  }
}

/** How many of ascending numbers are at most a limit. */
function countUpTo(ticks: readonly number[], limit: number): number {
  let [low, high] = [0, ticks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ticks[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
