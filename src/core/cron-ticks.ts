import { clockAnomalies, type CronAnomaly } from "./cron-anomalies.ts";
import type { CronRewrite } from "./cron-field.ts";
import { INSTANT_LIMITS } from "./instant.ts";
import type { DstRule } from "./job.ts";
import { wallClock, type Span, type WallClock } from "./wall-clock.ts";
import type { WallMs, WallTimes } from "./wall-times.ts";
import type { Zone } from "./zone.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/**
 * No offset is a day or more from UTC. So instants that lie two days apart show wall times in the
 * same order.
 */
const ORDERED_MS = 2 * DAY_MS;
/** Just after the last instant at which anything may tick, in whole seconds. */
const END_MS = INSTANT_LIMITS.msMax + 1;

/** Intervals tick at every real match. */
const INTERVAL_RULE: DstRule = { gap: "skip", fold: "both" };

/** The ticks strictly after one instant, up to and including another. */
interface TickRange {
  readonly afterMs: number;
  readonly untilMs: number;
}

/** A pattern as it was read, whatever the zone: jobs with the same pattern share it. */
export interface CronPattern {
  readonly walls: WallTimes;
  /** Seconds, minutes and hours are values or lists. Others are intervals: see `CronTicks`. */
  readonly isFixedTime: boolean;
  /** What was understood in place of what was written. */
  readonly rewrites: readonly CronRewrite[];
}

/**
 * The ticks of one pattern in one zone, in whole seconds, from 1970 to 9999.
 *
 * A pattern names wall times. An interval pattern ticks whenever the clock on the wall shows one of
 * them, and follows no rule. A fixed-time pattern ticks once for each, unless the clocks are
 * changed: a wall time that they skip ticks at the first instant after the gap, or not at all
 * (`gap`); of one that is shown twice, the first, the last or both tick (`fold`). A day that does
 * not exist is skipped whatever the rule. Source: design of time semantics, section 2.
 *
 * It keeps nothing of its own. Each question is some arithmetic, under 1 µs once the zone and the
 * days of the pattern are known.
 */
export class CronTicks {
  readonly zone: Zone;
  readonly #pattern: CronPattern;
  readonly #rule: DstRule;
  readonly #clock: WallClock;

  constructor(pattern: CronPattern, zone: Zone, rule: DstRule) {
    this.zone = zone;
    this.#pattern = pattern;
    this.#rule = pattern.isFixedTime ? rule : INTERVAL_RULE;
    this.#clock = wallClock(zone, this.#rule.fold);
  }

  get isFixedTime(): boolean {
    return this.#pattern.isFixedTime;
  }

  /** What was understood in place of what was written: for a preview to show. */
  get rewrites(): readonly CronRewrite[] {
    return this.#pattern.rewrites;
  }

  /** The first tick strictly after an instant; null when there is none. */
  nextAfter(afterMs: number): number | null {
    let fromMs = Math.max(0, wholeSecond(afterMs) + SECOND_MS);
    while (fromMs < END_MS) {
      const span = this.#clock.at(fromMs);
      if (span.fromMs === fromMs && this.#isMoved(span)) return fromMs;
      const firstMs = this.#pattern.walls.firstFrom(fromMs + span.offsetMs);
      const tickMs = this.#firstIn(span, firstMs);
      if (tickMs !== null) return tickMs < END_MS ? tickMs : null;
      // No wall time is named before that one, and all instants up to a day before it show such.
      const isOrdered = span.untilMs >= fromMs + ORDERED_MS;
      fromMs = isOrdered ? Math.max(span.untilMs, firstMs - DAY_MS) : span.untilMs;
    }
    return null;
  }

  /** The last tick strictly before an instant; null when there is none. */
  lastBefore(beforeMs: number): number | null {
    let untilMs = Math.min(END_MS, Math.ceil(beforeMs / SECOND_MS) * SECOND_MS);
    while (untilMs > 0) {
      const span = this.#clock.at(untilMs - SECOND_MS);
      const lastMs = this.#pattern.walls.lastBefore(untilMs + span.offsetMs);
      const tickMs = this.#lastIn(span, lastMs);
      if (tickMs !== null) return tickMs >= 0 ? tickMs : null;
      if (span.fromMs >= 0 && this.#isMoved(span)) return span.fromMs;
      const isOrdered = span.fromMs <= untilMs - ORDERED_MS;
      untilMs = isOrdered ? Math.min(span.fromMs, lastMs + DAY_MS) : span.fromMs;
    }
    return null;
  }

  /** How many ticks lie in `(afterMs, untilMs]`: whole days are multiplied, and none is listed. */
  count({ afterMs, untilMs }: TickRange): number {
    const endMs = Math.min(END_MS, wholeSecond(untilMs) + SECOND_MS);
    let fromMs = Math.max(0, wholeSecond(afterMs) + SECOND_MS);
    let count = 0;
    while (fromMs < endMs) {
      const span = this.#clock.at(fromMs);
      // A tick that a gap moved may be a named one as well, and is then counted below.
      if (span.fromMs === fromMs && this.#isMoved(span) && !this.#hasAt(span)) count++;
      for (const range of span.counting) {
        const [low, high] = [Math.max(fromMs, range.fromMs), Math.min(endMs, range.untilMs)];
        if (low < high)
          count += this.#pattern.walls.count(low + span.offsetMs, high + span.offsetMs);
      }
      fromMs = span.untilMs;
    }
    return count;
  }

  /** Whether the wall time of a tick is one the pattern names: not so when a gap moved the tick. */
  isNamed(tickMs: number): boolean {
    return this.#pattern.walls.has(tickMs + this.zone.offsetMs(tickMs));
  }

  /**
   * The wall times of `(afterMs, untilMs]` that the clocks skip or show twice, at most `limit` of
   * them: see `CronAnomaly`.
   */
  anomalies(range: TickRange & { readonly limit: number }): readonly CronAnomaly[] {
    if (!this.isFixedTime) return [];
    return clockAnomalies({ walls: this.#pattern.walls, zone: this.zone, rule: this.#rule }, range);
  }

  /** The first tick of a span whose wall time is `wallMs`, which is named, or a later one. */
  #firstIn({ counting, offsetMs }: Span, wallMs: WallMs): number | null {
    let atMs = wallMs - offsetMs;
    for (const range of counting) {
      if (atMs < range.fromMs)
        atMs = this.#pattern.walls.firstFrom(range.fromMs + offsetMs) - offsetMs;
      if (atMs < range.untilMs) return atMs;
    }
    return null;
  }

  /** The last tick of a span whose wall time is `wallMs`, which is named, or an earlier one. */
  #lastIn({ counting, offsetMs }: Span, wallMs: WallMs): number | null {
    let atMs = wallMs - offsetMs;
    for (const range of counting.toReversed()) {
      if (atMs >= range.untilMs)
        atMs = this.#pattern.walls.lastBefore(range.untilMs + offsetMs) - offsetMs;
      if (atMs >= range.fromMs) return atMs;
    }
    return null;
  }

  /** Whether a wall time that the beginning of a span skips ticks there. */
  #isMoved({ skipped, isDaySkipped }: Span): boolean {
    if (this.#rule.gap === "skip" || isDaySkipped) return false;
    return skipped.some(({ fromMs, untilMs }) => this.#pattern.walls.firstFrom(fromMs) < untilMs);
  }

  /** Whether the beginning of a span is a tick by its own wall time. */
  #hasAt({ fromMs, offsetMs, counting }: Span): boolean {
    return counting[0]?.fromMs === fromMs && this.#pattern.walls.has(fromMs + offsetMs);
  }
}

/** A tick is after an instant exactly when it is after its whole second. */
function wholeSecond(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS;
}
