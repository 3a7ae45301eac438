/**
 * What a change of a calendar does to the ticks of a schedule: which may run no more, and which may run
 * now. It asks the schedule itself, before and after, so it tells what the shard will do.
 */
import { openDayFrom, openDayUntil, type Calendar } from "./calendar.ts";
import { ROLL_LIMITS } from "./calendar-roll.ts";
import type { CivilDay } from "./civil-days.ts";
import type { ScheduleSpec } from "./job.ts";
import { countTicks, segmentsBetween, ticksBetween, type Schedule } from "./schedule.ts";
import type { TickSegment } from "./closed-days.ts";
import type { TickRange } from "./tick-source.ts";

const DAY_MS = 86_400_000;
const LIST_MAX = 10_000;
const SEGMENTS_MAX = 10_000;

/** Nominal times, ascending: the first few of them, and how many there are. */
export interface TickChanges {
  readonly removed: readonly number[];
  readonly added: readonly number[];
  readonly removedCount: number;
  readonly addedCount: number;
}

/** How much may be computed; what is computed is taken off. */
export interface ImpactBudget {
  ticks: number;
}

/** A schedule under the calendar as it was, and as it would be. */
export interface ScheduleChange {
  readonly before: Schedule;
  readonly after: Schedule;
  /** How the schedule uses the calendar. */
  readonly spec: ScheduleSpec;
  /** How many ticks each way are named. */
  readonly samples: number;
}

/** The parts of a range in which a calendar that changes may move ticks, by how a schedule uses it. */
export interface ChangedParts {
  readonly closing: readonly TickRange[];
  readonly rolling: readonly TickRange[];
}

/**
 * Where two calendars differ within a range of time. A tick that rolls may come to rest as far away as
 * the next day that is open, so rolling schedules are looked at from open day to open day.
 */
export function changedParts(before: Calendar, after: Calendar, range: TickRange): ChangedParts {
  const closing: TickRange[] = [];
  const rolling: TickRange[] = [];
  // A day is a different stretch of time in each zone: one day more on either side holds them all.
  const firstDay = Math.floor(range.afterMs / DAY_MS) - 1;
  const lastDay = Math.floor(range.untilMs / DAY_MS) + 1;
  // A day outside hands its ticks into the range over days that are closed, before the change or after it.
  const { from, until } = openAround(before, after, [firstDay, lastDay]);
  const fromDay = Math.max(from ?? -Infinity, firstDay - ROLL_LIMITS.daysMax);
  const untilDay = Math.min(until ?? Infinity, lastDay + ROLL_LIMITS.daysMax);
  for (let day = fromDay; day <= untilDay; day++) {
    if (before.isOpen(day) === after.isOpen(day)) continue;
    extend(closing, stretch(day - 1, day + 1, range));
    const rest = openAround(before, after, [day, day]);
    extend(rolling, stretch((rest.from ?? -1) - 1, (rest.until ?? untilDay) + 1, range));
  }
  return { closing, rolling };
}

/**
 * The ticks that a change takes away and those that it brings. Null when the budget does not suffice to
 * tell.
 */
export function tickChanges(
  change: ScheduleChange,
  parts: ChangedParts,
  range: TickRange & { readonly budget: ImpactBudget },
): TickChanges | null {
  const use = "calendar" in change.spec ? change.spec.calendar : null;
  if (use === null) return new Tally(0);
  if (use.roll === "skip") return closedChanges(change, parts.closing, range.budget);
  // A tick more or less shifts which one is the last of a bounded number.
  const isCounted = "ticksMax" in change.spec && change.spec.ticksMax !== null;
  return movedChanges(change, isCounted ? [range] : parts.rolling, range.budget);
}

/** Closed ticks stay nominal, so both schedules have the same ones: only their openness differs. */
function closedChanges(
  { before, after, samples }: ScheduleChange,
  ranges: readonly TickRange[],
  budget: ImpactBudget,
): TickChanges | null {
  const tally = new Tally(samples);
  for (const range of ranges) {
    const limit = { ...range, limit: SEGMENTS_MAX };
    const [old, next] = [segmentsBetween(before, limit), segmentsBetween(after, limit)];
    budget.ticks -= old.segments.length + next.segments.length;
    if (budget.ticks < 0 || !old.isComplete || !next.isComplete) return null;
    for (const { segment, isClosed } of differences(old.segments, next.segments)) {
      const span = { afterMs: segment.fromMs - 1, untilMs: segment.toMs };
      const count = countTicks(before, span);
      tally.add(isClosed ? "removed" : "added", count, (n) => {
        return ticksBetween(before, { ...span, limit: n }).ticks;
      });
    }
  }
  return tally;
}

interface Difference {
  readonly segment: { readonly fromMs: number; readonly toMs: number };
  /** Whether its ticks are closed after the change; they were not before, or the other way round. */
  readonly isClosed: boolean;
}

/** Where two lists of segments over the same ticks tell different things of them. */
function differences(
  old: readonly TickSegment[],
  next: readonly TickSegment[],
): readonly Difference[] {
  const found: Difference[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [was, is] = [old[i], next[j]];
    if (was === undefined || is === undefined) return found;
    const fromMs = Math.max(was.fromMs, is.fromMs);
    const toMs = Math.min(was.toMs, is.toMs);
    if (fromMs <= toMs && was.isClosed !== is.isClosed)
      found.push({ segment: { fromMs, toMs }, isClosed: is.isClosed });
    if (was.toMs <= is.toMs) i++;
    if (is.toMs <= was.toMs) j++;
  }
}

/** Ticks that roll are listed: `ROLL_LIMITS` keeps them few enough. */
function movedChanges(
  { before, after, samples }: ScheduleChange,
  ranges: readonly TickRange[],
  budget: ImpactBudget,
): TickChanges | null {
  const tally = new Tally(samples);
  for (const range of ranges) {
    const old = listed(before, range, budget);
    const next = listed(after, range, budget);
    if (old === null || next === null) return null;
    const [had, has] = [new Set(old), new Set(next)];
    const removed = old.filter((tick) => !has.has(tick));
    const added = next.filter((tick) => !had.has(tick));
    tally.add("removed", removed.length, (n) => removed.slice(0, n));
    tally.add("added", added.length, (n) => added.slice(0, n));
  }
  return tally;
}

function listed(
  schedule: Schedule,
  range: TickRange,
  budget: ImpactBudget,
): readonly number[] | null {
  const ticks: number[] = [];
  for (let { afterMs } = range; ;) {
    const found = ticksBetween(schedule, { ...range, afterMs, limit: LIST_MAX });
    ticks.push(...found.ticks);
    budget.ticks -= found.ticks.length;
    if (budget.ticks < 0) return null;
    if (found.isComplete) return ticks;
    afterMs = ticks.at(-1) ?? afterMs;
  }
}

/** Counts all and keeps the first few. */
class Tally implements TickChanges {
  readonly removed: number[] = [];
  readonly added: number[] = [];
  removedCount = 0;
  addedCount = 0;
  readonly #samples: number;

  constructor(samples: number) {
    this.#samples = samples;
  }

  add(kind: "removed" | "added", count: number, first: (n: number) => readonly number[]): void {
    this[`${kind}Count`] += count;
    const room = this.#samples - this[kind].length;
    if (room > 0 && count > 0) this[kind].push(...first(room));
  }
}

/** The days as a range of time within another. */
function stretch(fromDay: CivilDay, untilDay: CivilDay, within: TickRange): TickRange {
  return {
    afterMs: Math.max(within.afterMs, fromDay * DAY_MS - 1),
    untilMs: Math.min(within.untilMs, (untilDay + 1) * DAY_MS - 1),
  };
}

/** Adds a range to ascending ones, and joins it with the last where they touch. */
function extend(ranges: TickRange[], range: TickRange): void {
  if (range.untilMs <= range.afterMs) return;
  const last = ranges.at(-1);
  if (last === undefined || range.afterMs > last.untilMs) {
    ranges.push(range);
    return;
  }
  const afterMs = Math.min(last.afterMs, range.afterMs);
  ranges[ranges.length - 1] = { afterMs, untilMs: Math.max(last.untilMs, range.untilMs) };
}

/** From which open day before some days to which after them a tick may roll, before the change or after it. */
function openAround(
  before: Calendar,
  after: Calendar,
  [firstDay, lastDay]: readonly [CivilDay, CivilDay],
): { readonly from: CivilDay | null; readonly until: CivilDay | null } {
  return {
    from: earliest([openDayUntil(before, firstDay - 1), openDayUntil(after, firstDay - 1)]),
    until: latest([openDayFrom(before, lastDay + 1), openDayFrom(after, lastDay + 1)]),
  };
}

function earliest(days: readonly (CivilDay | null)[]): CivilDay | null {
  return days.includes(null) ? null : Math.min(...days.filter((day) => day !== null));
}

function latest(days: readonly (CivilDay | null)[]): CivilDay | null {
  return days.includes(null) ? null : Math.max(...days.filter((day) => day !== null));
}
