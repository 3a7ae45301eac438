import type { DstRule } from "./job.ts";
import type { Zone } from "./zone.ts";

const DAY_MS = 86_400_000;
/** No zone is as far from UTC; so a wall time and its instant lie less than this apart. */
const MARGIN_MS = 26 * 3_600_000;

/**
 * A piece of a local day that no change of the clocks interrupts: `fromMs` to just before
 * `untilMs`.
 */
export interface DayPiece {
  /** Its local date, counted in days from 1970-01-01. */
  readonly day: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The local date of an instant, counted in days from 1970-01-01. */
export function localDay(zone: Zone, atMs: number): number {
  return Math.floor((atMs + zone.offsetMs(atMs)) / DAY_MS);
}

/**
 * The piece of a local day that holds an instant. A day with a change of the clocks has several.
 */
export function dayPiece(zone: Zone, atMs: number): DayPiece {
  const { fromMs, untilMs, offsetMs } = zone.stretchAt(atMs);
  const day = Math.floor((atMs + offsetMs) / DAY_MS);
  const midnightMs = day * DAY_MS - offsetMs;
  return {
    day,
    fromMs: Math.max(fromMs, midnightMs),
    untilMs: Math.min(untilMs, midnightMs + DAY_MS),
  };
}

/**
 * The instants of a wall time, which is given as the instant at which UTC shows it. There are two
 * where the clocks repeat it, and none where they skip it: then the rule decides. A gap of a whole
 * day or more takes its times along, whatever the rule.
 */
export function instantsOf(zone: Zone, wallMs: number, rule: DstRule): readonly number[] {
  const found: number[] = [];
  let stretch = zone.stretchAt(wallMs - MARGIN_MS);
  for (;;) {
    const atMs = wallMs - stretch.offsetMs;
    if (atMs >= stretch.fromMs && atMs < stretch.untilMs) found.push(atMs);
    if (stretch.untilMs > wallMs + MARGIN_MS) break;
    stretch = zone.stretchAt(stretch.untilMs);
  }
  if (found.length === 0) return rule.gap === "shift" ? afterGap(zone, wallMs) : [];
  if (rule.fold === "both") return found;
  return rule.fold === "first" ? found.slice(0, 1) : found.slice(-1);
}

/** The first instant at which the wall shows a time or a later one. */
export function reachedMs(zone: Zone, wallMs: number): number {
  let stretch = zone.stretchAt(wallMs - MARGIN_MS);
  for (;;) {
    const atMs = Math.max(stretch.fromMs, wallMs - stretch.offsetMs);
    if (atMs < stretch.untilMs) return atMs;
    stretch = zone.stretchAt(stretch.untilMs);
  }
}

/** The first instant from which on the wall shows nothing earlier than a time any more. */
export function passedMs(zone: Zone, wallMs: number): number {
  let stretch = zone.stretchAt(wallMs + MARGIN_MS);
  while (stretch.fromMs + stretch.offsetMs >= wallMs) stretch = zone.stretchAt(stretch.fromMs - 1);
  return Math.min(wallMs - stretch.offsetMs, stretch.untilMs);
}

/** Whether a local day exists at all: Apia had no 30 December 2011. */
export function hasDay(zone: Zone, day: number): boolean {
  const fromMs = reachedMs(zone, day * DAY_MS);
  return localDay(zone, fromMs) === day;
}

function afterGap(zone: Zone, wallMs: number): readonly number[] {
  const atMs = reachedMs(zone, wallMs);
  const gapMs = zone.offsetMs(atMs) - zone.offsetMs(atMs - 1);
  return gapMs < DAY_MS ? [atMs] : [];
}
