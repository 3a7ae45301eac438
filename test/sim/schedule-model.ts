import { unreachable } from "../../src/core/assert.ts";
import type { CalendarCopy } from "../../src/core/calendar.ts";
import { durationMs } from "../../src/core/duration.ts";
import type { DstRule, ScheduleBounds, ScheduleSpec } from "../../src/core/job.ts";
import { offsetTable } from "../support/offset-table.ts";
import { isOpenDay } from "./calendar-model.ts";
import { cronTicks, instantsOf } from "./cron-model.ts";
import type { Era } from "./job-story.ts";

/** The nominal times of a schedule, worked out without the code under test. */
export interface ScheduleModel {
  isTick(atMs: number): boolean;
  /** How many lie in `(afterMs, untilMs]`. */
  count(afterMs: number, untilMs: number): number;
  /** The first after an instant. */
  nextAfter(afterMs: number): number | undefined;
  /** Its calendar keeps a nominal tick from running. */
  isClosed(atMs: number): boolean;
}

/** What a schedule's days are judged by. */
export interface ModelWorld {
  /** The model need only be good for the days around it. */
  readonly nearMs: number;
  readonly calendar: CalendarCopy | undefined;
}

type Calendared = Extract<ScheduleSpec, { readonly kind: "cron" | "every" }>;

const DAY_MS = 86_400_000;
const PLAIN: DstRule = { gap: "shift", fold: "first" };
const cronLists = new Map<string, readonly number[]>();

const ofEras = new WeakMap<Era, ScheduleModel>();

/** Of a stretch of a job's life. */
export function modelOf(era: Era, nearMs: number): ScheduleModel {
  const kept = ofEras.get(era);
  if (kept !== undefined) return kept;
  const made = scheduleModel(era.schedule, { nearMs, calendar: era.calendar });
  ofEras.set(era, made);
  return made;
}

/** Whether a calendar keeps a nominal tick from running. */
export function isClosedTick(era: Era | undefined, nearMs: number, nominalMs: number): boolean {
  return era?.calendar !== undefined && modelOf(era, nearMs).isClosed(nominalMs);
}

/** A fixed delay has no ticks of its own: the ends of its runs make them. */
export function scheduleModel(spec: ScheduleSpec, world: ModelWorld): ScheduleModel {
  switch (spec.kind) {
    case "every":
      return isRolled(spec) ? rolledModel(spec, world) : everyModel(spec, world);
    case "at":
      return listModel([Date.parse(spec.at)]);
    case "cron":
      return isRolled(spec)
        ? rolledModel(spec, world)
        : listModel(bounded(cronAround(spec, world.nearMs), spec), closedBy(spec, world));
    case "after":
    case "manual":
      return listModel([]);
    default:
      return unreachable(spec);
  }
}

function isRolled({ calendar }: Calendared): boolean {
  return calendar !== null && calendar.roll !== "skip";
}

type Closed = (atMs: number) => boolean;
const NEVER: Closed = () => false;

/** Closed days of a calendar that only skips. */
function closedBy(spec: Calendared, { calendar }: ModelWorld): Closed {
  if (spec.calendar === null) return NEVER;
  const zone = offsetTable(spec.timezone);
  return (atMs) => {
    if (calendar === undefined) throw new Error("a calendar that no shard was told of");
    return !isOpenDay(calendar, Math.floor((atMs + zone.offsetMs(atMs)) / DAY_MS));
  };
}

function everyModel(
  spec: Extract<ScheduleSpec, { readonly kind: "every" }>,
  world: ModelWorld,
): ScheduleModel {
  const everyMs = durationMs(spec.every) ?? Number.NaN;
  const anchorMs = Date.parse(spec.anchor);
  const firstMs = atOrAfter(anchorMs, everyMs, Math.max(anchorMs, instant(spec.startAt, anchorMs)));
  const lastMs = Math.min(
    instant(spec.endAt, Number.POSITIVE_INFINITY),
    spec.ticksMax === null ? Number.POSITIVE_INFINITY : firstMs + (spec.ticksMax - 1) * everyMs,
  );
  const upTo = (ms: number): number =>
    Math.max(0, Math.floor((Math.min(ms, lastMs) - firstMs) / everyMs) + 1);
  return {
    isTick: (ms) => ms >= firstMs && ms <= lastMs && (ms - firstMs) % everyMs === 0,
    count: (afterMs, untilMs) => Math.max(0, upTo(untilMs) - upTo(afterMs)),
    nextAfter: (ms) => {
      const next = ms < firstMs ? firstMs : atOrAfter(anchorMs, everyMs, ms + 1);
      return next > lastMs ? undefined : next;
    },
    isClosed: closedBy(spec, world),
  };
}

function atOrAfter(anchorMs: number, everyMs: number, ms: number): number {
  return anchorMs + Math.ceil((ms - anchorMs) / everyMs) * everyMs;
}

function listModel(ticks: readonly number[], isClosed: Closed = NEVER): ScheduleModel {
  return {
    isTick: (ms) => ticks[rank(ticks, ms) - 1] === ms,
    count: (afterMs, untilMs) => Math.max(0, rank(ticks, untilMs) - rank(ticks, afterMs)),
    nextAfter: (ms) => ticks[rank(ticks, ms)],
    isClosed,
  };
}

/** How many are at or before an instant. */
function rank(ticks: readonly number[], ms: number): number {
  let [low, high] = [0, ticks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ticks[middle] ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bounded(ticks: readonly number[], bounds: ScheduleBounds): readonly number[] {
  const [from, until] = [
    instant(bounds.startAt, Number.NEGATIVE_INFINITY),
    instant(bounds.endAt, Number.POSITIVE_INFINITY),
  ];
  if (bounds.startAt === null && bounds.endAt === null) return ticks;
  const within = ticks.filter((at) => at >= from && at <= until);
  return bounds.ticksMax === null ? within : within.slice(0, bounds.ticksMax);
}

function instant(text: string | null, none: number): number {
  return text === null ? none : Date.parse(text);
}

/** Each tick of a closed day goes to the same local time of the nearest open one; together they are a set. */
function rolledModel(spec: Calendared, world: ModelWorld): ScheduleModel {
  const { calendar } = world;
  if (calendar === undefined) throw new Error("a calendar that no shard was told of");
  const zone = offsetTable(spec.timezone);
  const step = spec.calendar?.roll === "previous" ? -1 : 1;
  const rolled = new Set<number>();
  for (const at of baseAround(spec, world.nearMs)) {
    const localMs = at + zone.offsetMs(at);
    const day = Math.floor(localMs / DAY_MS);
    const openDay = nearestOpen(calendar, day, step);
    if (openDay === undefined) continue;
    const movedMs = localMs + (openDay - day) * DAY_MS;
    const rule = spec.kind === "cron" ? spec.dst : PLAIN;
    for (const moved of openDay === day ? [at] : instantsOf(zone, movedMs, rule)) rolled.add(moved);
  }
  const ticks = [...rolled].toSorted((a, b) => a - b);
  return listModel(bounded(ticks, spec));
}

/** How far a tick may move: worlds close no more than a few days on end. */
const ROLL_DAYS_MAX = 15;

function nearestOpen(calendar: CalendarCopy, day: number, step: number): number | undefined {
  for (let moved = 0; moved <= ROLL_DAYS_MAX; moved++)
    if (isOpenDay(calendar, day + step * moved)) return day + step * moved;
  return undefined;
}

/** Far enough around for what moves in from days before or after the world. */
function baseAround(spec: Calendared, nearMs: number): readonly number[] {
  if (spec.kind === "cron") return cronAround(spec, nearMs);
  const everyMs = durationMs(spec.every) ?? Number.NaN;
  const anchorMs = Date.parse(spec.anchor);
  const fromMs = Math.max(anchorMs, nearMs - ROLL_DAYS_MAX * DAY_MS);
  const ticks: number[] = [];
  const untilMs = nearMs + 2 * ROLL_DAYS_MAX * DAY_MS;
  for (let at = atOrAfter(anchorMs, everyMs, fromMs); at <= untilMs; at += everyMs) ticks.push(at);
  return ticks;
}

/** Windows begin at round instants, so that worlds share them. */
function cronAround(
  spec: Extract<ScheduleSpec, { readonly kind: "cron" }>,
  nearMs: number,
): readonly number[] {
  const hasSeconds = spec.cron.split(" ").length > 5;
  const unitMs = hasSeconds ? DAY_MS / 4 : (isRolled(spec) ? 8 : 4) * DAY_MS;
  const fromMs = Math.floor(nearMs / unitMs - 1) * unitMs;
  const { gap, fold } = spec.dst;
  const key = `${spec.cron} ${spec.timezone} ${gap} ${fold} ${fromMs} ${unitMs}`;
  const kept = cronLists.get(key);
  if (kept !== undefined) return kept;
  const ticks = cronTicks(spec, { fromMs, untilMs: fromMs + 4 * unitMs });
  cronLists.set(key, ticks);
  return ticks;
}
