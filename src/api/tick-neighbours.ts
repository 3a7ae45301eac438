import { assert } from "../core/assert.ts";
import type { ExplainInput } from "../core/explain.ts";
import type { ScheduleSpec } from "../core/job.ts";
import { localDay } from "../core/local-time.ts";
import { movedTick } from "../core/moved-tick.ts";
import { Refusal } from "../core/refusal.ts";
import {
  type CalendarLookup,
  calendarOfSchedule,
  lastTicks,
  nextTick,
  type Schedule,
} from "../core/schedule.ts";
import { isTickAt } from "../core/tick-at.ts";
import type { Tick } from "../core/tick.ts";
import { whenText } from "../core/time-words.ts";
import { type Zone, zoneOf } from "../core/zone.ts";

const DAY_MS = 86_400_000;
/** How far back the tick before an instant is looked for. */
const BEHIND_MS = 10 * 366 * DAY_MS;

/** The zone in whose wall time a schedule speaks; UTC where it names none. */
export function zoneOfSpec(schedule: ScheduleSpec): Zone {
  const named = "timezone" in schedule ? zoneOf(schedule.timezone) : undefined;
  const zone = named ?? zoneOf("UTC");
  assert(zone !== undefined, "every runtime knows UTC");
  return zone;
}

/**
 * What the calendar of today says of the day of a tick that is closed, or will be; null when another
 * version of it decided.
 */
export function closedDayName(
  schedule: ScheduleSpec,
  calendarOf: CalendarLookup,
  of: { readonly nominalMs: number; readonly tick: Tick | null },
): string | null {
  const use = "calendar" in schedule ? schedule.calendar : null;
  const calendar = use === null ? undefined : calendarOf(use.name);
  if (calendar === undefined) return null;
  const decided = of.tick?.evidence?.calendar;
  const isOther = decided !== undefined && decided.version !== calendar.version;
  if (isOther || (of.tick !== null && of.tick.reason !== "calendar")) return null;
  return calendar.nameOf(localDay(zoneOfSpec(schedule), of.nominalMs));
}

/**
 * Refuses an instant that is no tick, and names the ticks around it. What a row of the ledger says is
 * believed: a schedule that has changed since may know its own old ticks no more.
 */
export function refuseNoTick(input: ExplainInput, nextTickMs: number | null): void {
  const { job, nominalMs, run, tick, zone } = input;
  if (run !== null || isTickOfRow(input)) return;
  const { schedule } = input.compiled;
  const isNamed =
    schedule.kind === "after" ? nominalMs === nextTickMs : isTickAt(schedule, nominalMs);
  if (isNamed || (tick !== null && tick.evidence?.jobVersion !== job.version)) return;
  const movedMs = movedTick(schedule, nominalMs);
  const around = schedule.kind === "after" ? [nextTickMs] : neighboursOf(schedule, nominalMs);
  const named = around.filter((ms) => ms !== null).map((ms) => whenText(zone, ms));
  throw new Refusal(
    "tick.unknown",
    `${whenText(zone, nominalMs)} is no tick of job "${job.spec.name}".`,
    {
      hint: movedMs === null ? hintOf(named) : movedHint(input, movedMs),
      errors: [{ pointer: "/path/nominal", message: "No tick." }],
    },
  );
}

function isTickOfRow({ tick, nominalMs }: ExplainInput): boolean {
  return tick !== null && (tick.nominalMs === nominalMs || tick.toMs === nominalMs);
}

function neighboursOf(schedule: Schedule, nominalMs: number): readonly (number | null)[] {
  const afterMs = Math.max(0, nominalMs - BEHIND_MS);
  const [before] = lastTicks(schedule, { afterMs, untilMs: nominalMs - 1, n: 1 });
  return [before ?? null, nextTick(schedule, nominalMs)];
}

function hintOf(named: readonly string[]): string {
  const list = "GET /jobs/{job}/ticks lists the ticks that were decided.";
  if (named.length === 0) return `Its schedule has no tick near. ${list}`;
  return `The ticks nearest to it are ${named.join(" and ")}. ${list}`;
}

/** The schedule names the instant, but its calendar has moved the tick to another day. */
function movedHint({ compiled, zone }: ExplainInput, movedMs: number): string {
  const name = calendarOfSchedule(compiled.schedule)?.name ?? "";
  return `The calendar "${name}" has that day closed and moved the tick to ${whenText(zone, movedMs)}.`;
}
