import type { DstRule, ScheduleSpec } from "../../src/core/job.ts";
import { offsetTable, type OffsetTable } from "../support/offset-table.ts";

// Cron by its definition, for the few forms of pattern that worlds draw: every day or second is looked
// at, and each wall time that a pattern names is looked for in a table of offsets.

type CronSpec = Extract<ScheduleSpec, { readonly kind: "cron" }>;

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The ticks of `[fromMs, untilMs]` by the pattern and its rule for clock changes, in order. */
export function cronTicks(spec: CronSpec, span: Span): readonly number[] {
  const fields = parse(spec.cron);
  const zone = offsetTable(spec.timezone);
  const found = fields.isFixed
    ? fixedTicks(fields, { zone, dst: spec.dst }, span)
    : intervalTicks(fields, zone, span);
  return found.toSorted((a, b) => a - b);
}

/** The instants of a wall time: one, or by the rule none, one or two where the clocks change. */
export function instantsOf(zone: OffsetTable, localMs: number, dst: DstRule): readonly number[] {
  const offsets = new Set([-DAY_MS, 0, DAY_MS].map((ms) => zone.offsetMs(localMs + ms)));
  const instants = [...offsets]
    .map((offsetMs) => localMs - offsetMs)
    .filter((atMs) => atMs + zone.offsetMs(atMs) === localMs)
    .toSorted((a, b) => a - b);
  if (instants.length > 1) return folded(instants, dst);
  if (instants.length === 1) return instants;
  const gap = zone.changes.find(
    ({ atMs, beforeMs, afterMs }) => localMs >= atMs + beforeMs && localMs < atMs + afterMs,
  );
  if (gap === undefined) throw new Error(`no gap around local ${localMs}`);
  return dst.gap === "shift" ? [gap.atMs] : [];
}

function folded(instants: readonly number[], { fold }: DstRule): readonly number[] {
  if (fold === "both") return instants;
  return fold === "first" ? instants.slice(0, 1) : instants.slice(-1);
}

interface Fields {
  readonly second: ReadonlySet<number>;
  readonly minute: ReadonlySet<number>;
  readonly hour: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekday: ReadonlySet<number>;
  /** Seconds, minutes and hours are values or lists: the pattern names times of the wall clock. */
  readonly isFixed: boolean;
}

/** Five fields or six with seconds; every day of every month, or some weekdays. */
function parse(cron: string): Fields {
  const given = cron.split(" ");
  const texts = given.length === 5 ? ["0", ...given] : given;
  const [second = "", minute = "", hour = "", day, month, weekday = ""] = texts;
  if (day !== "*" || month !== "*") throw new Error(`the model does not read "${cron}"`);
  return {
    second: numbers(second, 60),
    minute: numbers(minute, 60),
    hour: numbers(hour, 24),
    weekday: numbers(weekday, 7),
    isFixed: [second, minute, hour].every((text) => /^\d+(,\d+)*$/.test(text)),
  };
}

function numbers(text: string, end: number): ReadonlySet<number> {
  return new Set(text.split(",").flatMap((item) => numbersOf(item, end)));
}

function numbersOf(item: string, end: number): readonly number[] {
  const [span = "", step = "1"] = item.split("/");
  const [from = 0, to = from] = span === "*" ? [0, end - 1] : span.split("-").map(Number);
  const found: number[] = [];
  for (let value = from; value <= to; value += Number(step)) found.push(value);
  return found;
}

function intervalTicks(fields: Fields, zone: OffsetTable, { fromMs, untilMs }: Span): number[] {
  const hasSeconds = fields.second.size !== 1 || !fields.second.has(0);
  const stepMs = hasSeconds ? SECOND_MS : MINUTE_MS;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= untilMs; at += stepMs)
    if (isMatch(fields, at + zone.offsetMs(at))) ticks.push(at);
  return ticks;
}

function isMatch(fields: Fields, localMs: number): boolean {
  const day = Math.floor(localMs / DAY_MS);
  const seconds = Math.floor((localMs - day * DAY_MS) / SECOND_MS);
  return (
    fields.second.has(seconds % 60) &&
    fields.minute.has(Math.floor(seconds / 60) % 60) &&
    fields.hour.has(Math.floor(seconds / 3_600)) &&
    fields.weekday.has(weekdayOf(day))
  );
}

/** Walks the local calendar, and asks of each wall time that the pattern names when that is. */
function fixedTicks(
  fields: Fields,
  { zone, dst }: { readonly zone: OffsetTable; readonly dst: DstRule },
  { fromMs, untilMs }: Span,
): number[] {
  const found = new Set<number>();
  const times = timesOfDay(fields);
  const lastDay = Math.floor(untilMs / DAY_MS) + 2;
  for (let day = Math.floor(fromMs / DAY_MS) - 2; day <= lastDay; day++) {
    if (!fields.weekday.has(weekdayOf(day))) continue;
    for (const timeMs of times)
      for (const at of instantsOf(zone, day * DAY_MS + timeMs, dst))
        if (at >= fromMs && at <= untilMs) found.add(at);
  }
  return [...found];
}

function timesOfDay({ hour, minute, second }: Fields): readonly number[] {
  return [...hour].flatMap((h) =>
    [...minute].flatMap((m) => [...second].map((s) => ((h * 60 + m) * 60 + s) * SECOND_MS)),
  );
}

/** Of a day counted from 1970-01-01, a Thursday: 0 is Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}
