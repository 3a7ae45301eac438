import type { PlanInput, PlannedTick } from "./plan.ts";
import { calendarOfSchedule } from "./schedule.ts";
import type { TickEvidence, TickReason } from "./tick.ts";

/** A plan in the making: which ticks would run, and what became of the others. */
export interface Draft {
  /** Nominal times, ascending. */
  readonly runs: readonly number[];
  readonly ticks: readonly PlannedTick[];
  readonly cursorMs: number;
  readonly isComplete: boolean;
}

/** Nominal ticks that follow each other and share a fate. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

export function single(nominalMs: number): Stretch {
  return { fromMs: nominalMs, toMs: nominalMs, count: 1 };
}

/** One tick longer. */
export function stretch({ fromMs, count }: Stretch, toMs: number): Stretch {
  return { fromMs, toMs, count: count + 1 };
}

export function skipped(ticks: Stretch, reason: TickReason, evidence: TickEvidence): PlannedTick {
  return { ...span(ticks), disposition: "skipped", reason, intoMs: null, evidence };
}

export function dropped(ticks: Stretch, reason: TickReason, evidence: TickEvidence): PlannedTick {
  return { ...span(ticks), disposition: "dropped", reason, intoMs: null, evidence };
}

export function coalesced(ticks: Stretch, intoMs: number, evidence: TickEvidence): PlannedTick {
  return { ...span(ticks), disposition: "coalesced", reason: null, intoMs, evidence };
}

/** Ticks of days that the calendar has closed. */
export function closed(input: PlanInput, ticks: Stretch): PlannedTick {
  const calendar = calendarOfSchedule(input.schedule);
  const evidence = calendar === null ? {} : { calendar };
  return skipped(ticks, "calendar", { jobVersion: input.jobVersion, ...evidence });
}

/** Missed ticks that do not run. */
export function missed(input: PlanInput, ticks: Stretch): PlannedTick {
  const reason = input.mode === "resume" ? "paused" : "misfire";
  return skipped(ticks, reason, missEvidence(input));
}

/** Why missed ticks are treated as they are: the pause that they fell into, and the misfire policy. */
export function missEvidence({ jobVersion, misfire, mode, pause }: PlanInput): TickEvidence {
  const { policy, graceMs, maxAgeMs, maxCatchup } = misfire;
  const evidence = { jobVersion, misfire: { policy, graceMs, maxAgeMs, maxCatchup } };
  if (mode !== "resume" || pause === null) return evidence;
  const { sinceMs, untilMs, reason } = pause;
  return { ...evidence, pause: { sinceMs, untilMs, reason } };
}

function span({ fromMs, toMs, count }: Stretch): Pick<PlannedTick, "nominalMs" | "toMs" | "count"> {
  return { nominalMs: fromMs, toMs, count };
}
