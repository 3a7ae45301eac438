import { BoundedMap } from "./bounded-map.ts";
import type { DstRule } from "./job.ts";
import type { WallMs } from "./wall-times.ts";
import type { Zone } from "./zone.ts";
import type { Stretch } from "./zone-stretches.ts";

const DAY_MS = 86_400_000;
/** Stretches whose wall times may overlap lie this near: no offset is a day or more from UTC. */
const REACH_MS = 2 * DAY_MS;
/** Stretches kept for each zone and rule. */
const SPANS_MAX = 128;

/** `fromMs` up to, but not including, `untilMs`: of instants, or of wall times. */
export interface Range {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A stretch of constant offset, with what a rule makes of the changes at its ends. */
export interface Span extends Stretch {
  /** The instants whose wall time counts: a fold leaves out those that count elsewhere. */
  readonly counting: readonly Range[];
  /** The wall times that the change at its beginning skipped, and that are not shown elsewhere. */
  readonly skipped: readonly Range[];
  /** A whole day or more was skipped: its wall times belong to a day that does not exist. */
  readonly isDaySkipped: boolean;
}

/** Which of several equal wall times count: `both` is all of them. */
type Fold = DstRule["fold"];

/** The clock on the wall of a zone, under one rule for wall times that are shown twice. */
export class WallClock {
  readonly #zone: Zone;
  readonly #fold: Fold;
  readonly #spans = new BoundedMap<number, Span>(SPANS_MAX);
  #last: Span | undefined;

  constructor(zone: Zone, fold: Fold) {
    this.#zone = zone;
    this.#fold = fold;
  }

  /** The span that holds an instant. */
  at(atMs: number): Span {
    const last = this.#last;
    if (last !== undefined && atMs >= last.fromMs && atMs < last.untilMs) return last;
    const stretch = this.#zone.stretchAt(atMs);
    const found = this.#spans.get(stretch.fromMs) ?? this.#open(stretch);
    this.#last = found;
    return found;
  }

  #open(stretch: Stretch): Span {
    const earlier = neighbours(this.#zone, stretch, "earlier");
    const later = neighbours(this.#zone, stretch, "later");
    const { fromMs, untilMs, offsetMs } = stretch;
    const others = { first: earlier, last: later, both: [] }[this.#fold];
    const walls = minus([wallsOf(stretch)], others.map(wallsOf));
    const gap = gapBefore(stretch, earlier[0]);
    const shownOrSkipped = [
      ...[...earlier, ...later].map(wallsOf),
      ...earlier.map((other, i) => gapBefore(other, earlier[i + 1])),
    ];
    const span: Span = {
      fromMs,
      untilMs,
      offsetMs,
      counting: walls.map((wall) => ({
        fromMs: wall.fromMs - offsetMs,
        untilMs: wall.untilMs - offsetMs,
      })),
      skipped: minus([gap], shownOrSkipped),
      isDaySkipped: gap.untilMs - gap.fromMs >= DAY_MS,
    };
    this.#spans.set(fromMs, span);
    return span;
  }
}

const clocks = new WeakMap<Zone, Map<Fold, WallClock>>();

/** The clock of a zone and a rule, shared by all jobs that have both. */
export function wallClock(zone: Zone, fold: Fold): WallClock {
  const ofZone = clocks.get(zone) ?? new Map<Fold, WallClock>();
  clocks.set(zone, ofZone);
  const clock = ofZone.get(fold) ?? new WallClock(zone, fold);
  ofZone.set(fold, clock);
  return clock;
}

/** Stretches near enough that they may show the same wall times, the nearest first. */
function neighbours(zone: Zone, stretch: Stretch, side: "earlier" | "later"): readonly Stretch[] {
  const found: Stretch[] = [];
  const isNear = ({ fromMs, untilMs }: Stretch): boolean =>
    side === "earlier" ? untilMs > stretch.fromMs - REACH_MS : fromMs < stretch.untilMs + REACH_MS;
  let edge = stretch;
  for (;;) {
    const next = zone.stretchAt(side === "earlier" ? edge.fromMs - 1 : edge.untilMs);
    // Beyond the first and the last stretch there is nothing.
    if (next.fromMs === edge.fromMs || !isNear(next)) return found;
    found.push(next);
    edge = next;
  }
}

function wallsOf({ fromMs, untilMs, offsetMs }: Stretch): Range & { readonly fromMs: WallMs } {
  return { fromMs: fromMs + offsetMs, untilMs: untilMs + offsetMs };
}

/** The wall times that the change at the beginning of a stretch skipped; empty unless one did. */
function gapBefore({ fromMs, offsetMs }: Stretch, before: Stretch | undefined): Range {
  const untilMs = fromMs + offsetMs;
  return { fromMs: Math.min(untilMs, fromMs + (before?.offsetMs ?? offsetMs)), untilMs };
}

/** What is left of some ranges without others, in order. */
function minus(ranges: readonly Range[], others: readonly Range[]): readonly Range[] {
  let left = ranges.filter(({ fromMs, untilMs }) => fromMs < untilMs);
  for (const other of others.filter(({ fromMs, untilMs }) => fromMs < untilMs))
    left = left.flatMap(({ fromMs, untilMs }) =>
      [
        { fromMs, untilMs: Math.min(untilMs, other.fromMs) },
        { fromMs: Math.max(fromMs, other.untilMs), untilMs },
      ].filter((range) => range.fromMs < range.untilMs),
    );
  return left;
}
