import type { DstRule } from "../../src/core/job.ts";
import type { ReferencePattern } from "../support/cron-reference.ts";
import type { OffsetChange } from "../support/offset-table.ts";
import type { CronCase, Era } from "./cron-case.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const RULES: readonly DstRule[] = [
  { gap: "shift", fold: "first" },
  { gap: "skip", fold: "last" },
  { gap: "shift", fold: "both" },
];
/** Each at every real match, whatever the rule. */
const INTERVALS = ["*/15 * * * *", "0-30/10 */2 * * *", "7 * * * *"];

/**
 * Fixed times at the edges and in the middle of what a change skips or repeats, alone and as lists,
 * under each rule; and intervals across it.
 */
export function* casesAt(timezone: string, change: OffsetChange, era: Era): Generator<CronCase> {
  const caseOf = caseMaker(change.atMs, era);
  const { atMs, beforeMs, afterMs } = change;
  const fromMs = atMs + Math.min(beforeMs, afterMs);
  const untilMs = atMs + Math.max(beforeMs, afterMs);
  const middleMs = Math.floor((fromMs + untilMs) / 2 / MINUTE_MS) * MINUTE_MS;
  const [from, middle, until] = [fromMs, middleMs, untilMs].map((ms) => new Date(ms));
  const walls = [fromMs, middleMs, untilMs - 1_000, untilMs, fromMs - 1_000];
  const minutes = [...new Set([from, middle].map((date) => date?.getUTCMinutes()))].join(",");
  const hours = [...new Set([from, middle, until].map((date) => date?.getUTCHours()))].join(",");
  // The last one is bound to the day before a gap that crosses midnight, which moves its tick.
  const day = `${from?.getUTCDate()} ${(from?.getUTCMonth() ?? 0) + 1}`;
  const lists = [`${minutes} ${hours} * * *`, `${minutes} ${hours} ${day} *`];
  const fixed = [...walls.map(fixedTime), ...lists];
  for (const cron of fixed)
    for (const dst of RULES) yield caseOf({ timezone, cron, dst }, 30 * HOUR_MS);
  for (const cron of INTERVALS) yield caseOf({ timezone, cron }, 8 * HOUR_MS);
  yield caseOf({ timezone, cron: "*/20 * * * * *" }, 1.2 * HOUR_MS);
}

function fixedTime(wallMs: number): string {
  const wall = new Date(wallMs);
  return `${wall.getUTCSeconds()} ${wall.getUTCMinutes()} ${wall.getUTCHours()} * * *`;
}

function caseMaker(
  atMs: number,
  era: Era,
): (pattern: Omit<ReferencePattern, "dialect">, reachMs: number) => CronCase {
  return (pattern, reachMs) => ({
    pattern: { dialect: "standard", ...pattern },
    fromMs: atMs - reachMs,
    untilMs: atMs + reachMs,
    era,
  });
}
