import { compileCron } from "../../src/core/cron.ts";
import type { CronAnomaly } from "../../src/core/cron-anomalies.ts";
import type { CronTicks } from "../../src/core/cron-ticks.ts";
import {
  referenceMatch,
  referenceTicks,
  type ReferenceRule,
  type ReferenceTicks,
} from "../support/cron-reference.ts";
import type { Dice } from "../support/prng.ts";
import type { CronCase } from "./cron-case.ts";

/** What was compared, so that a run can say what it has seen. */
export interface Seen {
  ticks: number;
  readonly rules: Map<ReferenceRule, number>;
}

const PROBES = 3;
const DEFAULT_RULE = { gap: "shift", fold: "first" } as const;

/**
 * Where the engine and the brute force differ in a case: the first thing found, or null. Compared
 * are the ticks forwards and backwards, counts, answers between ticks, names and anomalies.
 */
export function differenceOf(drawn: CronCase, dice: Dice, seen?: Seen): string | null {
  const { pattern, fromMs, untilMs } = drawn;
  const expected = referenceTicks(pattern, fromMs, untilMs, drawn.era.tables);
  if (seen !== undefined) note(seen, expected);
  try {
    const cron = compileCron({ dst: DEFAULT_RULE, ...pattern });
    return (
      walked(cron, drawn, expected.ticks) ??
      counted(cron, drawn, expected.ticks) ??
      probed(cron, drawn, { ticks: expected.ticks, dice }) ??
      anomalous(cron, drawn, expected)
    );
  } catch (error) {
    return `it throws: ${String(error)}`;
  }
}

function note(seen: Seen, { ticks, rules }: ReferenceTicks): void {
  seen.ticks += ticks.length;
  for (const rule of rules) seen.rules.set(rule, (seen.rules.get(rule) ?? 0) + 1);
}

/** Each step has to move on: else a list that stands still would not end. */
function walked(cron: CronTicks, drawn: CronCase, expected: readonly number[]): string | null {
  const { fromMs, untilMs } = drawn;
  let atMs = fromMs - 1;
  for (const tick of expected) {
    const found = cron.nextAfter(atMs);
    if (found !== tick) return differ(`nextAfter(${iso(atMs)})`, found, tick);
    atMs = tick;
  }
  const beyond = cron.nextAfter(atMs);
  if (beyond !== null && beyond <= untilMs)
    return differ(`nextAfter(${iso(atMs)})`, beyond, undefined);
  atMs = untilMs + 1;
  for (const tick of expected.toReversed()) {
    const found = cron.lastBefore(atMs);
    if (found !== tick) return differ(`lastBefore(${iso(atMs)})`, found, tick);
    atMs = tick;
  }
  const before = cron.lastBefore(atMs);
  return before !== null && before >= fromMs
    ? differ(`lastBefore(${iso(atMs)})`, before, undefined)
    : null;
}

function counted(cron: CronTicks, drawn: CronCase, expected: readonly number[]): string | null {
  const range = { afterMs: drawn.fromMs - 1, untilMs: drawn.untilMs };
  const found = cron.count(range);
  if (found === expected.length) return null;
  return `count: found ${found}, expected ${expected.length}`;
}

/** Asks at instants of all kinds: anywhere, at a tick, and a millisecond beside it. */
function probed(
  cron: CronTicks,
  drawn: CronCase,
  { ticks, dice }: { readonly ticks: readonly number[]; readonly dice: Dice },
): string | null {
  const { pattern, fromMs, untilMs, era } = drawn;
  for (let i = 0; i < PROBES; i++) {
    const tick = ticks[dice.int(0, ticks.length - 1)];
    const nearMs = tick === undefined || dice.chance(0.4) ? dice.int(fromMs, untilMs) : tick;
    const atMs = Math.min(untilMs, Math.max(fromMs, nearMs + dice.int(-1, 1)));
    const fault = probedAt(cron, { ...drawn, ticks }, atMs);
    if (fault !== null) return fault;
    if (tick === undefined) continue;
    const isNamed = referenceMatch(pattern, tick, era.tables);
    if (cron.isNamed(tick) !== isNamed)
      return `isNamed(${iso(tick)}): found ${!isNamed}, expected ${isNamed}`;
  }
  return null;
}

function probedAt(
  cron: CronTicks,
  { fromMs, untilMs, ticks }: CronCase & { readonly ticks: readonly number[] },
  atMs: number,
): string | null {
  const after = ticks.filter((tick) => tick > atMs);
  const [next, last] = [cron.nextAfter(atMs), cron.lastBefore(atMs)];
  if ((next === null || next > untilMs ? undefined : next) !== after[0])
    return differ(`nextAfter(${iso(atMs)})`, next, after[0]);
  const before = ticks.findLast((tick) => tick < atMs);
  if ((last === null || last < fromMs ? undefined : last) !== before)
    return differ(`lastBefore(${iso(atMs)})`, last, before);
  const found = cron.count({ afterMs: atMs, untilMs });
  if (found === after.length) return null;
  return `count after ${iso(atMs)}: found ${found}, expected ${after.length}`;
}

function anomalous(
  cron: CronTicks,
  { fromMs, untilMs }: CronCase,
  { anomalies }: ReferenceTicks,
): string | null {
  const expected = anomalies.map(({ localMs, ...rest }) => ({
    ...rest,
    local: new Date(localMs).toISOString().slice(0, 19),
  }));
  const range = { afterMs: fromMs - 1, untilMs };
  const found = cron.anomalies({ ...range, limit: expected.length + 1 });
  const at = [...expected, undefined].findIndex((one, i) => text(one) !== text(found[i]));
  if (at !== -1) return `anomaly ${at}: found ${text(found[at])}, expected ${text(expected[at])}`;
  if (expected.length === 0) return null;
  const few = cron.anomalies({ ...range, limit: expected.length - 1 }).length;
  return few === expected.length - 1 ? null : `a limit of anomalies lists ${few}`;
}

function text(anomaly: CronAnomaly | undefined): string {
  if (anomaly === undefined) return "none";
  const { kind, local, atMs, tickMs, changeMs } = anomaly;
  return `${kind} ${local} at ${iso(atMs)} ticks ${iso(tickMs)}, changed ${iso(changeMs)}`;
}

function differ(what: string, found: number | null, expected: number | undefined): string {
  return `${what}: found ${iso(found)}, expected ${expected === undefined ? "none here" : iso(expected)}`;
}

function iso(ms: number | null): string {
  return ms === null ? "null" : new Date(ms).toISOString();
}
