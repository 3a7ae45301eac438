import { CALENDAR_LIMITS, type Calendar } from "./calendar.ts";
import { dayPiece, localDay } from "./local-time.ts";
import type { TickRange, TickSource } from "./tick-source.ts";
import type { Zone } from "./zone.ts";

/** Ticks next to each other that a calendar treats alike: counted, not listed. */
export interface TickSegment {
  /** The first of them. */
  readonly fromMs: number;
  /** The last of them. */
  readonly toMs: number;
  readonly count: number;
  /** They lie on closed days, so they do not run. */
  readonly isClosed: boolean;
}

/** The days that a calendar closes for a schedule, as stretches of time in the schedule's zone. */
export class ClosedDays {
  readonly #calendar: Calendar;
  readonly #zone: Zone;

  constructor(calendar: Calendar, zone: Zone) {
    this.#calendar = calendar;
    this.#zone = zone;
  }

  has(atMs: number): boolean {
    return !this.#calendar.isOpen(localDay(this.#zone, atMs));
  }

  /**
   * The first open tick of a range. Null when there is none, or none after ten years without an
   * open day.
   */
  nextOpen(ticks: TickSource, { afterMs, untilMs }: TickRange): number | null {
    let tick = ticks.nextAfter(afterMs);
    while (tick !== null && tick <= untilMs) {
      if (!this.has(tick)) return tick;
      const limitMs = Math.min(untilMs + 1, tick + CALENDAR_LIMITS.searchDays * 86_400_000);
      const endMs = this.#endOf(tick, limitMs);
      if (endMs >= limitMs) return null;
      tick = ticks.nextAfter(endMs - 1);
    }
    return null;
  }

  /** The newest `n` open ticks of a range, ascending. */
  lastOpen(ticks: TickSource, range: TickRange & { readonly n: number }): number[] {
    const oldest = this.nextOpen(ticks, range);
    if (oldest === null) return [];
    const open: number[] = [];
    let beforeMs = Math.floor(range.untilMs) + 1;
    while (open.length < range.n && beforeMs > oldest) {
      const tick = ticks.lastBefore(beforeMs);
      if (tick === null || tick < oldest) break;
      const isClosed = this.has(tick);
      if (!isClosed) open.push(tick);
      beforeMs = isClosed ? this.#startOf(tick, oldest) : tick;
    }
    return open.toReversed();
  }

  /**
   * The ticks of a range as maximal segments that are open or closed throughout: the first `limit`.
   */
  segments(
    ticks: TickSource,
    { afterMs, untilMs, limit }: TickRange & { readonly limit: number },
  ): { readonly segments: readonly TickSegment[]; readonly isComplete: boolean } {
    const segments: TickSegment[] = [];
    const limitMs = Math.floor(untilMs) + 1;
    let fromMs = ticks.nextAfter(afterMs);
    while (fromMs !== null && fromMs < limitMs) {
      const endMs = this.#endOf(fromMs, limitMs);
      const piece = {
        fromMs,
        toMs: ticks.lastBefore(endMs) ?? fromMs,
        count: ticks.count({ afterMs: fromMs - 1, untilMs: endMs - 1 }),
        isClosed: this.has(fromMs),
      };
      const last = segments.at(-1);
      if (last?.isClosed === piece.isClosed) segments[segments.length - 1] = joined(last, piece);
      else if (segments.length >= limit) return { segments, isComplete: false };
      else segments.push(piece);
      fromMs = ticks.nextAfter(endMs - 1);
    }
    return { segments, isComplete: true };
  }

  /** Where the stretch of open, or of closed, days around an instant ends; at most `limitMs`. */
  #endOf(atMs: number, limitMs: number): number {
    let piece = dayPiece(this.#zone, atMs);
    const isOpen = this.#calendar.isOpen(piece.day);
    while (piece.untilMs < limitMs) {
      const next = dayPiece(this.#zone, piece.untilMs);
      if (this.#calendar.isOpen(next.day) !== isOpen) return next.fromMs;
      piece = next;
    }
    return limitMs;
  }

  /** Where the stretch of closed days around an instant begins; at least `limitMs`. */
  #startOf(atMs: number, limitMs: number): number {
    let piece = dayPiece(this.#zone, atMs);
    while (piece.fromMs > limitMs) {
      const before = dayPiece(this.#zone, piece.fromMs - 1);
      if (this.#calendar.isOpen(before.day)) return piece.fromMs;
      piece = before;
    }
    return piece.fromMs;
  }
}

function joined(one: TickSegment, next: TickSegment): TickSegment {
  return { ...one, toMs: next.toMs, count: one.count + next.count };
}
