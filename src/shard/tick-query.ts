import type { Job } from "../core/job.ts";
import { tickRunId } from "../core/placement.ts";
import { nextOpenTick } from "../core/schedule.ts";
import type { Tick } from "../core/tick.ts";
import type { CommandInput, CommandOutput, JobView } from "../ports/shard-client.ts";
import { cursorOf, dueOf, jobOf, viewOf } from "./job-state.ts";
import type { ShardState } from "./shard-state.ts";

/** Rows of the ledger read at once while one of them is looked for. */
const PAGE = 1_000;
/** How many of its next ticks a job shows. */
const NEXT_TICKS = 5;

/**
 * What the shard knows of one nominal time of a job. Rows leave for the records, so one that is not
 * here is looked for there: in this order, since a row is deleted here only when it is there.
 */
export function getTick(
  state: ShardState,
  { ref, nominalMs }: CommandInput<"tick.get">,
  nowMs: number,
): CommandOutput<"tick.get"> {
  const job = jobOf(state, ref);
  const run = state.live.get(tickRunId(job.id, nominalMs, state.shard)) ?? null;
  const tick = run === null ? tickAround(state, job, nominalMs) : null;
  const cursorMs = cursorOf(job, dueOf(state, job, nowMs), nowMs);
  return { view: viewOf(state, job, nowMs), run, tick, cursorMs };
}

/** The row that stands for this time: its own, or that of a range around it. */
function tickAround(state: ShardState, job: Job, nominalMs: number): Tick | null {
  let afterMs = -1;
  for (;;) {
    const page = state.storage.ticksAfter({
      jobId: job.id,
      nominalMs: afterMs,
      onlyThisJob: true,
      limit: PAGE,
    });
    const found = page.find((tick) => tick.nominalMs <= nominalMs && nominalMs <= tick.toMs);
    if (found !== undefined) return found;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE || last.nominalMs > nominalMs) return null;
    afterMs = last.nominalMs;
  }
}

/** The next ticks of a job that may run. Of a fixed delay only the first is known: the others follow its run. */
export function nextTicksOf(state: ShardState, { job, nextTickMs }: JobView): readonly number[] {
  const { schedule } = state.compiled(job);
  const ticks: number[] = [];
  for (let tick = nextTickMs; tick !== null && ticks.length < NEXT_TICKS;) {
    ticks.push(tick);
    tick = job.spec.schedule.kind === "after" ? null : nextOpenTick(schedule, tick);
  }
  return ticks;
}
