import type { ReferencePattern } from "../support/cron-reference.ts";
import { offsetTable, type OffsetChange, type Years } from "../support/offset-table.ts";

/** A pattern in a zone under a rule, and the window in which its ticks are compared. */
export interface CronCase {
  readonly pattern: ReferencePattern;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly era: Era;
}

/** Changes of the clocks are looked at in these years, in every zone. */
export interface Era {
  readonly changes: Years;
  /** The tables of offsets reach further, because windows do. */
  readonly tables: Years;
}

export const PRESENT: Era = {
  changes: { from: 2024, until: 2038 },
  tables: { from: 2022, until: 2040 },
};
export const PAST: Era = {
  changes: { from: 1971, until: 2024 },
  tables: { from: 1970, until: 2027 },
};

export const ALL_ZONES: readonly string[] = Intl.supportedValuesOf("timeZone");

/** The changes of the clocks of a zone in the years that are looked at. */
export function changesOf(timezone: string, era: Era): readonly OffsetChange[] {
  const { from, until } = era.changes;
  const table = offsetTable(timezone, era.tables);
  return table.changesIn(Date.UTC(from, 0, 1), Date.UTC(until, 0, 1) - 1);
}

export function caseText({ pattern, fromMs, untilMs }: CronCase): string {
  const { cron, dialect, timezone, dst } = pattern;
  const window = [fromMs, untilMs].map((ms) => new Date(ms).toISOString()).join(" to ");
  const rule = `gap ${dst?.gap ?? "shift"}, fold ${dst?.fold ?? "first"}`;
  return `"${cron}" (${dialect}) in ${timezone}, ${rule}, from ${window}`;
}
