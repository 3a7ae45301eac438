import type { OffsetChange } from "../support/offset-table.ts";
import { Dice } from "../support/prng.ts";
import { ALL_ZONES, changesOf, PAST, PRESENT, type CronCase, type Era } from "./cron-case.ts";
import { differenceOf, type Seen } from "./difference.ts";
import { drawCase } from "./draw-case.ts";
import { casesAt } from "./transitions.ts";

export interface CheckOptions {
  readonly seed: number;
  /** Cases drawn at random. */
  readonly cases: number;
  /** Changes of the clocks from 2024 to 2037 looked at in each zone, at most. */
  readonly changesPerZone: number;
  /** The same from 1971 to 2023. */
  readonly pastPerZone: number;
}

/** A case in which the engine and the brute force do not agree, and what they say. */
export interface Difference {
  readonly drawn: CronCase;
  readonly text: string;
}

export interface CheckResult extends Seen {
  cases: number;
  readonly zones: Set<string>;
  changes: number;
  readonly differences: Difference[];
}

const DIFFERENCES_MAX = 20;
const YEAR_MS = 366 * 86_400_000;

/** Changes that skipped a whole day, which the present has not. */
const SKIPPED_DAYS: readonly (readonly [string, number])[] = [
  ["Pacific/Apia", 2011],
  ["Pacific/Fakaofo", 2011],
  ["Pacific/Kwajalein", 1993],
  ["Pacific/Kiritimati", 1994],
];

/** Compares at changes of the clocks, zone by zone, and then cases drawn at random. */
export function cronCheck(options: CheckOptions): CheckResult {
  const { seed, cases, changesPerZone, pastPerZone } = options;
  const result: CheckResult = {
    cases: 0,
    ticks: 0,
    changes: 0,
    zones: new Set(),
    rules: new Map(),
    differences: [],
  };
  for (const timezone of ALL_ZONES) {
    const offset = timezone.length + seed;
    const changes = changesOf(timezone, PRESENT);
    compareAt(timezone, someOf(changes, changesPerZone, offset), { seed, era: PRESENT, result });
    if (pastPerZone === 0) continue;
    const past = changesOf(timezone, PAST);
    compareAt(timezone, someOf(past, pastPerZone, offset), { seed, era: PAST, result });
  }
  for (const [timezone, year] of SKIPPED_DAYS) {
    const past = changesOf(timezone, PAST);
    const thatYear = past.filter(({ atMs }) => Math.abs(atMs - Date.UTC(year + 1, 0, 1)) < YEAR_MS);
    compareAt(timezone, thatYear, { seed, era: PAST, result });
  }
  for (let i = 0; i < cases; i++) {
    const dice = new Dice(seed + i, "cron case");
    // The first ones see to it that no zone is left out.
    compare(drawCase(dice, ALL_ZONES[i]), seed + i, result);
  }
  return result;
}

function compareAt(
  timezone: string,
  changes: readonly OffsetChange[],
  { seed, era, result }: { readonly seed: number; readonly era: Era; readonly result: CheckResult },
): void {
  for (const change of changes) {
    result.changes++;
    for (const drawn of casesAt(timezone, change, era)) compare(drawn, seed, result);
  }
}

/** Neighbours, so that a gap and a fold are among them; other ones for each zone. */
function someOf<T>(items: readonly T[], count: number, offset: number): readonly T[] {
  if (items.length <= count) return items;
  const first = (offset * 7) % (items.length - count + 1);
  return items.slice(first, first + count);
}

function compare(drawn: CronCase, seed: number, result: CheckResult): void {
  if (result.differences.length >= DIFFERENCES_MAX) return;
  result.cases++;
  result.zones.add(drawn.pattern.timezone);
  const text = differenceOf(drawn, new Dice(seed, "probes"), result);
  if (text !== null) result.differences.push({ drawn, text });
}
