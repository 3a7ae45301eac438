import type { CalendarCopy, CalendarRules } from "../../src/core/calendar.ts";
import type { DstRule, ScheduleSpec } from "../../src/core/job.ts";
import { compileSchedule, ticksBetween } from "../../src/core/schedule.ts";
import { offsetTable, type OffsetTable } from "./offset-table.ts";

type Calendared = Extract<ScheduleSpec, { readonly kind: "cron" | "every" }>;

const DAY_MS = 86_400_000;
/**
 * How far beyond its window the reference looks for what moves in: worlds close no more days on
 * end.
 */
const MARGIN_MS = 60 * DAY_MS;

export interface NaiveTick {
  readonly atMs: number;
  readonly isClosed: boolean;
}

interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * The nominal ticks of a window by the rules as they are written: every bare tick is listed, looked
 * up in the calendar, moved, and held against the bounds. Bare ticks have a reference of their own.
 */
export function naiveTicks(
  spec: Calendared,
  calendar: CalendarCopy | null,
  { fromMs, untilMs }: Window,
): readonly NaiveTick[] {
  const bare = bareTicks(spec, { fromMs: fromMs - MARGIN_MS, untilMs: untilMs + MARGIN_MS });
  const zone = offsetTable(spec.timezone);
  const ticks =
    spec.calendar === null || spec.calendar.roll === "skip" || calendar === null
      ? bare
      : moved(bare, { spec, calendar, zone });
  const startMs = spec.startAt === null ? Number.NEGATIVE_INFINITY : Date.parse(spec.startAt);
  const endMs = spec.endAt === null ? Number.POSITIVE_INFINITY : Date.parse(spec.endAt);
  const bounded = ticks.filter((tick) => tick >= startMs && tick <= endMs);
  const counted = spec.ticksMax === null ? bounded : bounded.slice(0, spec.ticksMax);
  const skips = spec.calendar?.roll === "skip" ? calendar : null;
  const closed = new Map<number, boolean>();
  const isClosedDay = (day: number): boolean => {
    const known = closed.get(day) ?? (skips !== null && !isOpenDay(skips.rules, skips, day));
    closed.set(day, known);
    return known;
  };
  return counted
    .filter((tick) => tick >= fromMs && tick <= untilMs)
    .map((atMs) => ({ atMs, isClosed: isClosedDay(dayOf(zone, atMs)) }));
}

/** Whether the rules of a calendar, as they are written, have a day open. */
export function isOpenDay(rules: CalendarRules, copy: CalendarCopy, day: number): boolean {
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  if (rules.include.some((named) => named.date === date)) return true;
  if (rules.exclude.some((named) => named.date === date)) return false;
  const isPartOpen = (name: string): boolean => {
    const part = copy.parts[name];
    if (part === undefined) throw new Error(`no calendar ${name}`);
    return isOpenDay(part, copy, day);
  };
  const sundayFirst = new Date(day * DAY_MS).getUTCDay();
  if (!rules.weekdays.includes(sundayFirst === 0 ? 7 : sundayFirst)) return false;
  if (!rules.allOf.every(isPartOpen)) return false;
  return rules.anyOf.length === 0 || rules.anyOf.some(isPartOpen);
}

function bareTicks(spec: Calendared, { fromMs, untilMs }: Window): readonly number[] {
  const bounds = { startAt: null, endAt: null, ticksMax: null };
  const schedule = compileSchedule({ ...spec, ...bounds, calendar: null });
  const found: number[] = [];
  let afterMs = fromMs - 1;
  for (;;) {
    const { ticks, isComplete } = ticksBetween(schedule, { afterMs, untilMs, limit: 10_000 });
    found.push(...ticks);
    const last = ticks.at(-1);
    if (isComplete || last === undefined) return found;
    afterMs = last;
  }
}

interface Move {
  readonly spec: Calendared;
  readonly calendar: CalendarCopy;
  readonly zone: OffsetTable;
}

function moved(bare: readonly number[], { spec, calendar, zone }: Move): readonly number[] {
  const dst: DstRule = spec.kind === "cron" ? spec.dst : { gap: "shift", fold: "first" };
  const ticks = new Set<number>();
  const targets = new Map<number, number>();
  for (const tick of bare) {
    const from = dayOf(zone, tick);
    const to = targets.get(from) ?? nearestOpen({ spec, calendar, zone }, from);
    targets.set(from, to);
    const wallMs = tick + zone.offsetMs(tick) + (to - from) * DAY_MS;
    for (const atMs of to === from ? [tick] : instantsOf(zone, wallMs, dst)) ticks.add(atMs);
  }
  return [...ticks].toSorted((a, b) => a - b);
}

function nearestOpen({ spec, calendar, zone }: Move, from: number): number {
  const step = spec.calendar?.roll === "previous" ? -1 : 1;
  for (let day = from; Math.abs(day - from) < 300; day += step)
    if (isOpenDay(calendar.rules, calendar, day) && isThere(zone, day)) return day;
  throw new Error("the drawn calendar closes too many days");
}

/** Whether the clocks of a zone show any time of a day. */
function isThere(zone: OffsetTable, day: number): boolean {
  return [0, 12, 23.99].some(
    (hour) => instantsOf(zone, day * DAY_MS + hour * 3_600_000, PLAIN).length > 0,
  );
}

const PLAIN: DstRule = { gap: "skip", fold: "both" };

/** Every instant at which the clocks show a wall time, or what the rule makes of none. */
function instantsOf(zone: OffsetTable, wallMs: number, dst: DstRule): readonly number[] {
  const offsets = new Set([-2, -1, 0, 1, 2].map((days) => zone.offsetMs(wallMs + days * DAY_MS)));
  const shown = [...offsets]
    .map((offsetMs) => wallMs - offsetMs)
    .filter((atMs) => atMs + zone.offsetMs(atMs) === wallMs)
    .toSorted((a, b) => a - b);
  if (shown.length > 0 && dst.fold === "both") return shown;
  if (shown.length > 0) return dst.fold === "first" ? shown.slice(0, 1) : shown.slice(-1);
  const gap = zone.changes.find(
    ({ atMs, beforeMs, afterMs }) => wallMs >= atMs + beforeMs && wallMs < atMs + afterMs,
  );
  if (gap === undefined) throw new Error("a wall time that is never shown lies in a gap");
  return dst.gap === "shift" && gap.afterMs - gap.beforeMs < DAY_MS ? [gap.atMs] : [];
}

function dayOf(zone: OffsetTable, atMs: number): number {
  return Math.floor((atMs + zone.offsetMs(atMs)) / DAY_MS);
}
