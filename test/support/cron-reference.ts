import type { DstRule } from "../../src/core/job.ts";
import { offsetTable, type OffsetTable, type Years } from "./offset-table.ts";
import { isDayMatch, referenceFields, timesOfDay, type Fields } from "./reference-fields.ts";

// Cron by brute force, to check the calculator against: it shares no code with it. Patterns are
// parsed here, local time comes from a table of offsets per zone, and every second or minute is
// looked at.

/** What to list the ticks of. */
export interface ReferencePattern {
  readonly cron: string;
  readonly dialect: "standard" | "quartz";
  readonly timezone: string;
  /** Unless said: a gap shifts, and the first of two equal local times runs. */
  readonly dst?: DstRule;
}

/** How a tick came to be: each rule that moves or leaves out a tick has a name. */
export type ReferenceRule =
  | "match"
  | "gap: runs at the first instant after"
  | "gap: skipped"
  | "fold: runs the first time only"
  | "fold: runs the last time only"
  | "fold: runs both times"
  | "a day that does not exist is skipped";

/** A local time that a change of the clocks skips or shows twice. */
export interface ReferenceAnomaly {
  readonly kind: "gap" | "fold";
  readonly atMs: number;
  readonly localMs: number;
  readonly tickMs: number | null;
  readonly changeMs: number;
}

export interface ReferenceTicks {
  readonly ticks: readonly number[];
  readonly rules: ReadonlySet<ReferenceRule>;
  /** Of fixed-time patterns only, sorted by `atMs`. */
  readonly anomalies: readonly ReferenceAnomaly[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** No local time is further from a change that skips or repeats it. */
const REACH_MS = 50 * HOUR_MS;
const DEFAULT_RULE: DstRule = { gap: "shift", fold: "first" };

/** The ticks in `[fromMs, untilMs]`. The table of offsets has to cover them. */
export function referenceTicks(
  pattern: ReferencePattern,
  fromMs: number,
  untilMs: number,
  years?: Years,
): ReferenceTicks {
  const fields = referenceFields(pattern.cron, pattern.dialect);
  const zone = offsetTable(pattern.timezone, years);
  if (fields.isFixed)
    return fixedTicks(fields, zone, { fromMs, untilMs, rule: pattern.dst ?? DEFAULT_RULE });
  const ticks = intervalTicks(fields, zone, { fromMs, untilMs });
  return { ticks, rules: new Set(["match"]), anomalies: [] };
}

/** Whether the wall clock shows, at an instant, a time that the pattern names. */
export function referenceMatch(pattern: ReferencePattern, atMs: number, years?: Years): boolean {
  const fields = referenceFields(pattern.cron, pattern.dialect);
  const localMs = atMs + offsetTable(pattern.timezone, years).offsetMs(atMs);
  return isDayMatch(fields, localMs) && isTimeMatch(fields, localMs);
}

/** Walks real time and asks at every minute, or second, what the wall shows. */
function intervalTicks(
  fields: Fields,
  zone: OffsetTable,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): readonly number[] {
  const hasSeconds = fields.second.size !== 1 || !fields.second.has(0);
  const offsets = [fromMs, untilMs].map((at) => zone.offsetMs(at));
  const isOdd = offsets.some((offset) => offset % MINUTE_MS !== 0);
  const stepMs = hasSeconds || isOdd ? 1_000 : MINUTE_MS;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / stepMs) * stepMs; at <= untilMs; at += stepMs) {
    const localMs = at + zone.offsetMs(at);
    if (isTimeMatch(fields, localMs) && isDayMatch(fields, localMs)) ticks.push(at);
  }
  return ticks;
}

/** Walks the local calendar and asks, for each wall time that the pattern names, when that is. */
function fixedTicks(
  fields: Fields,
  zone: OffsetTable,
  {
    fromMs,
    untilMs,
    rule,
  }: { readonly fromMs: number; readonly untilMs: number; readonly rule: DstRule },
): ReferenceTicks {
  const found = new Set<number>();
  const rules = new Set<ReferenceRule>();
  const anomalies: ReferenceAnomaly[] = [];
  const isInside = (atMs: number): boolean => atMs >= fromMs && atMs <= untilMs;
  const firstDay = Math.floor(fromMs / DAY_MS) - 2;
  const lastDay = Math.floor(untilMs / DAY_MS) + 2;
  const times = timesOfDay(fields);
  for (let day = firstDay; day <= lastDay; day++) {
    if (!isDayMatch(fields, day * DAY_MS)) continue;
    for (const time of times) {
      const outcome = outcomeOf(zone, day * DAY_MS + time * 1_000, rule);
      if (outcome.anomaly !== undefined && isInside(outcome.anomaly.atMs))
        anomalies.push(outcome.anomaly);
      if (outcome.ticks.length > 0 && !outcome.ticks.some(isInside)) continue;
      rules.add(outcome.rule);
      for (const atMs of outcome.ticks) if (isInside(atMs)) found.add(atMs);
    }
  }
  return {
    ticks: [...found].toSorted((a, b) => a - b),
    rules,
    anomalies: anomalies.toSorted((a, b) => a.atMs - b.atMs),
  };
}

interface Outcome {
  readonly ticks: readonly number[];
  readonly rule: ReferenceRule;
  readonly anomaly?: ReferenceAnomaly;
}

function outcomeOf(zone: OffsetTable, localMs: number, { gap, fold }: DstRule): Outcome {
  const near = zone.changesIn(localMs - REACH_MS, localMs + REACH_MS);
  if (near.length === 0) return { ticks: [localMs - zone.offsetMs(localMs)], rule: "match" };
  const offsets = new Set(near.flatMap(({ beforeMs, afterMs }) => [beforeMs, afterMs]));
  const instants = [...offsets]
    .map((offset) => localMs - offset)
    .filter((at) => at + zone.offsetMs(at) === localMs)
    .toSorted((a, b) => a - b);
  const [first, last] = [instants[0], instants.at(-1)];
  if (first === undefined || last === undefined) return gapOutcome(near, localMs, gap);
  if (first === last) return { ticks: [first], rule: "match" };
  const changeMs = near.find(({ atMs }) => atMs > first && atMs <= last)?.atMs ?? Number.NaN;
  const tickMs = fold === "last" ? last : first;
  const anomaly = { kind: "fold", atMs: first, localMs, tickMs, changeMs } as const;
  if (fold === "both") return { ticks: instants, rule: "fold: runs both times", anomaly };
  return { ticks: [tickMs], rule: `fold: runs the ${fold} time only`, anomaly };
}

function gapOutcome(
  near: readonly { readonly atMs: number; readonly beforeMs: number; readonly afterMs: number }[],
  localMs: number,
  rule: DstRule["gap"],
): Outcome {
  const gap = near.find(
    ({ atMs, beforeMs, afterMs }) => localMs >= atMs + beforeMs && localMs < atMs + afterMs,
  );
  if (gap === undefined) throw new Error(`no gap around local ${localMs}`);
  const isWholeDay = gap.afterMs - gap.beforeMs >= DAY_MS;
  const isSkipped = isWholeDay || rule === "skip";
  const anomaly = {
    kind: "gap",
    atMs: localMs - gap.beforeMs,
    localMs,
    tickMs: isSkipped ? null : gap.atMs,
    changeMs: gap.atMs,
  } as const;
  if (!isSkipped)
    return { ticks: [gap.atMs], rule: "gap: runs at the first instant after", anomaly };
  return {
    ticks: [],
    rule: isWholeDay ? "a day that does not exist is skipped" : "gap: skipped",
    anomaly,
  };
}

function isTimeMatch({ second, minute, hour }: Fields, localMs: number): boolean {
  const seconds = Math.floor((((localMs % DAY_MS) + DAY_MS) % DAY_MS) / 1_000);
  return (
    minute.has(Math.floor(seconds / 60) % 60) &&
    hour.has(Math.floor(seconds / 3_600)) &&
    second.has(seconds % 60)
  );
}
