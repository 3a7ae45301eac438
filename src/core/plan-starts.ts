import type { PlanInput, PlannedTick } from "./plan.ts";
import {
  coalesced,
  dropped,
  missEvidence,
  missed,
  single,
  skipped,
  type Draft,
} from "./plan-draft.ts";
import { admit, type Admission } from "./overlap.ts";
import type { TickEvidence } from "./tick.ts";

interface Starts {
  /** The nominal times that run, ascending. */
  readonly runs: readonly number[];
  readonly ticks: readonly PlannedTick[];
}

/** Applies what bounds the start of each run of a draft: how late it is, and the runs beside it. */
export function planStarts(input: PlanInput, draft: Draft): Starts {
  const { startWithinMs, overlap, nowMs, limit, bufferedMax } = input;
  const runs: number[] = [];
  const refused: PlannedTick[] = [];
  let live = input.liveRuns;
  for (const nominalMs of draft.runs) {
    const isTooLate = startWithinMs !== null && nowMs - nominalMs > startWithinMs;
    const admission = admit(overlap, { live, limit, bufferedMax });
    if (isTooLate) refused.push(tooLate(input, nominalMs));
    else if (admission === "run") {
      runs.push(nominalMs);
      live++;
    } else refused.push(crowded(input, { nominalMs, admission, live }));
  }
  const started =
    overlap === "cancel_other" ? onlyNewest(input, runs) : { runs, ticks: [] as const };
  const ticks = [...draft.ticks, ...refused, ...started.ticks];
  return { runs: started.runs, ticks: ticks.map((tick) => settled(input, tick, started)) };
}

function tooLate(input: PlanInput, nominalMs: number): PlannedTick {
  const { jobVersion, startWithinMs } = input;
  const bound = startWithinMs === null ? {} : { startWithinMs };
  return skipped(single(nominalMs), "misfire", { jobVersion, ...bound });
}

function crowded(
  { jobVersion, overlap, limit, blockedBy }: PlanInput,
  tick: {
    readonly nominalMs: number;
    readonly admission: Exclude<Admission, "run">;
    readonly live: number;
  },
): PlannedTick {
  const { nominalMs, admission, live } = tick;
  const blocked = blockedBy === null ? {} : { blockedBy };
  const evidence: TickEvidence = { jobVersion, overlap, live, limit, ...blocked };
  return admission === "full"
    ? dropped(single(nominalMs), "limit", evidence)
    : skipped(single(nominalMs), "overlap", evidence);
}

/** Each run would cancel the one before it at once: only the newest is made, for all of them. */
function onlyNewest({ jobVersion, overlap }: PlanInput, runs: readonly number[]): Starts {
  const newest = runs.at(-1);
  if (newest === undefined) return { runs, ticks: [] };
  const older = runs.slice(0, -1);
  const ticks = older.map((tick) => coalesced(single(tick), newest, { jobVersion, overlap }));
  return { runs: [newest], ticks };
}

/** What went into a tick that does not run after all goes where that one went, or nowhere. */
function settled(input: PlanInput, tick: PlannedTick, starts: Starts): PlannedTick {
  const { intoMs } = tick;
  if (intoMs === null || starts.runs.includes(intoMs)) return tick;
  const next = starts.ticks.find(({ nominalMs }) => nominalMs === intoMs)?.intoMs ?? null;
  if (next !== null) return { ...tick, intoMs: next };
  const { nominalMs: fromMs, toMs, count } = tick;
  return { ...missed(input, { fromMs, toMs, count }), evidence: missEvidence(input) };
}
