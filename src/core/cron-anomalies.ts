import type { DstRule } from "./job.ts";
import { wallClock, type Range, type Span } from "./wall-clock.ts";
import type { WallMs, WallTimes } from "./wall-times.ts";
import { wallText, type Zone } from "./zone.ts";

const DAY_MS = 86_400_000;

/** One wall time of a fixed-time pattern that a change of the clocks skips or shows twice. */
export interface CronAnomaly {
  /** `gap`: the wall time does not exist. `fold`: it is shown twice. */
  readonly kind: "gap" | "fold";
  /**
   * The instant that would show it if the clocks were not changed: at or after the change for a
   * gap, before it for a fold, where it is the first of the two.
   */
  readonly atMs: number;
  /** The wall time, such as `2026-03-29T02:30:00`. No single offset would be true of it. */
  readonly local: string;
  /** When it ticks; null when it is skipped. Where both of two tick, the first of them. */
  readonly tickMs: number | null;
  /** When the clocks are changed. */
  readonly changeMs: number;
}

interface FixedTimes {
  readonly walls: WallTimes;
  readonly zone: Zone;
  readonly rule: DstRule;
}

interface AnomalyRange {
  readonly afterMs: number;
  readonly untilMs: number;
  readonly limit: number;
}

/**
 * The anomalies whose `atMs` lies in `(afterMs, untilMs]`, in time order, up to a limit. It looks at
 * each change of the clocks in the range, of which years hold a few.
 */
export function clockAnomalies(times: FixedTimes, range: AnomalyRange): readonly CronAnomaly[] {
  const clock = wallClock(times.zone, "both");
  const found: CronAnomaly[] = [];
  // A gap or a fold reaches up to about a day from its change.
  let before = clock.at(range.afterMs - 2 * DAY_MS);
  while (before.untilMs <= range.untilMs + 2 * DAY_MS && found.length < range.limit) {
    const span = clock.at(before.untilMs);
    for (const anomaly of changeAnomalies(times, before, span)) {
      if (anomaly.atMs > range.untilMs || found.length >= range.limit) break;
      if (anomaly.atMs > range.afterMs) found.push(anomaly);
    }
    before = span;
  }
  return found;
}

/** What the change between two spans does to the named wall times, in order. */
function* changeAnomalies(
  { walls, rule }: FixedTimes,
  before: Span,
  span: Span,
): Generator<CronAnomaly> {
  const changeMs = span.fromMs;
  const anomalyAt = (kind: "gap" | "fold", wallMs: WallMs): CronAnomaly => {
    const [atMs, againMs] = [wallMs - before.offsetMs, wallMs - span.offsetMs];
    const foldMs = rule.fold === "last" ? againMs : atMs;
    const gapMs = rule.gap === "skip" || span.isDaySkipped ? null : changeMs;
    const tickMs = kind === "fold" ? foldMs : gapMs;
    return { kind, atMs, local: wallText(wallMs), tickMs, changeMs };
  };
  for (const skipped of span.skipped)
    for (const wallMs of namedIn(walls, skipped)) yield anomalyAt("gap", wallMs);
  for (const wallMs of namedIn(walls, shownTwice(before, span))) yield anomalyAt("fold", wallMs);
}

/** The wall times that both of two neighbouring spans show. */
function shownTwice(before: Span, span: Span): Range {
  return {
    fromMs: Math.max(before.fromMs + before.offsetMs, span.fromMs + span.offsetMs),
    untilMs: Math.min(before.untilMs + before.offsetMs, span.untilMs + span.offsetMs),
  };
}

function* namedIn(walls: WallTimes, { fromMs, untilMs }: Range): Generator<WallMs> {
  if (fromMs >= untilMs) return;
  let wallMs = walls.firstFrom(fromMs);
  while (wallMs < untilMs) {
    yield wallMs;
    wallMs = walls.firstFrom(wallMs + 1_000);
  }
}
