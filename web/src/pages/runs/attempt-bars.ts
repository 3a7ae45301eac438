import type { RunJson } from "../../api/shapes.ts";

type Attempt = RunJson["attempts"][number];

/** A part of an attempt; milliseconds from the begin of the axis. */
export interface BarPart {
  /** `lag` and `pause` are waits of ours; `work` is behind the first answer; others are phases by their names. */
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AttemptBar {
  readonly attempt: Attempt;
  /** From sending to the answer; while there is none, until now. */
  readonly tookMs: number;
  /** Sent so long after the planned time. */
  readonly offsetMs: number;
  readonly parts: readonly BarPart[];
}

export interface Waterfall {
  /** The planned time, or when the first attempt was sent if that was before. */
  readonly startMs: number;
  readonly spanMs: number;
  readonly bars: readonly AttemptBar[];
}

/** The target has taken it, and tells its end later. */
const ACCEPTED = 202;

/** The attempts of a run on one axis, which begins at the planned time. */
export function waterfallOf(run: RunJson, nowMs: number): Waterfall {
  const nominalMs = Date.parse(run.nominalAt);
  const firstMs = Date.parse(run.attempts[0]?.sentAt ?? run.nominalAt);
  const startMs = Math.min(nominalMs, firstMs);
  let freeMs = startMs;
  const bars = run.attempts.map((attempt, place): AttemptBar => {
    const sentMs = Date.parse(attempt.sentAt);
    const endMs = Math.max(sentMs, endOf(run, attempt, nowMs));
    const wait = { name: place === 0 ? "lag" : "pause", fromMs: freeMs, toMs: sentMs };
    freeMs = endMs;
    const parts = [wait, ...phasesOf(attempt, sentMs, endMs)]
      .filter(({ fromMs, toMs }) => toMs > fromMs)
      .map(({ name, fromMs, toMs }) => ({ name, fromMs: fromMs - startMs, toMs: toMs - startMs }));
    return { attempt, tookMs: endMs - sentMs, offsetMs: sentMs - nominalMs, parts };
  });
  return { startMs, spanMs: Math.max(1, freeMs - startMs), bars };
}

function endOf(run: RunJson, { answeredAt }: Attempt, nowMs: number): number {
  if (answeredAt !== null) return Date.parse(answeredAt);
  return run.endedAt === null ? nowMs : Date.parse(run.endedAt);
}

/** Phases are told as marks since the request began; the parts lie between them. */
function phasesOf(attempt: Attempt, sentMs: number, endMs: number): BarPart[] {
  const marks = Object.entries(attempt.phases ?? {}).toSorted(([, a], [, b]) => a - b);
  const isAccepted = attempt.status === ACCEPTED || attempt.outcome === "accepted";
  if (marks.length === 0)
    return [{ name: isAccepted ? "work" : "whole", fromMs: sentMs, toMs: endMs }];
  let fromMs = sentMs;
  const parts = marks.map(([name, mark]): BarPart => {
    const part = { name, fromMs, toMs: Math.min(endMs, sentMs + mark) };
    fromMs = part.toMs;
    return part;
  });
  return isAccepted ? [...parts, { name: "work", fromMs, toMs: endMs }] : parts;
}
