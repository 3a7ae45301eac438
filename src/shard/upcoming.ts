import type { Job } from "../core/job.ts";
import { nextOpenTick, nextTick, type Schedule } from "../core/schedule.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { DueEntry } from "../ports/shard-storage.ts";
import type { UpcomingFire } from "../ports/upcoming.ts";
import type { ShardState } from "./shard-state.ts";

/** Entries of the due table that one command looks at, whosever they are. */
const LOOKED_AT_MAX = 1_000;
const PAGE = 100;

/** What fires next, from the beginning of the due table. Jobs that are paused fire only after their pause. */
export function upcomingFires(
  state: ShardState,
  input: CommandInput<"due.upcoming">,
): CommandOutput<"due.upcoming"> {
  const fires: UpcomingFire[] = [];
  let after: { readonly dueMs: number; readonly jobId: string } | null = null;
  for (let looked = 0; looked < LOOKED_AT_MAX; looked += PAGE) {
    const page: readonly DueEntry[] = state.storage.dueBetween({
      fromMs: after?.dueMs ?? Number.MIN_SAFE_INTEGER,
      beforeMs: Number.MAX_SAFE_INTEGER,
      after,
      limit: PAGE,
    });
    for (const entry of page) {
      const fire = fireOf(state, entry, input);
      if (fire !== null) fires.push(fire);
    }
    after = page.at(-1) ?? null;
    const isEnough = fires.length >= input.limit;
    if (isEnough || page.length < PAGE) return { jobs: first(fires, input.limit), isCut: false };
  }
  return { jobs: first(fires, input.limit), isCut: true };
}

/** Null for the entry of something else, or of a job that was not asked for. */
function fireOf(
  state: ShardState,
  { jobId, cursorMs }: DueEntry,
  { namespace, executors }: CommandInput<"due.upcoming">,
): UpcomingFire | null {
  // Backfills and workflow runs have entries as well.
  const job = jobId.startsWith("job_") ? state.job(jobId) : undefined;
  if (job === undefined || job.namespace !== namespace || job.state !== "active") return null;
  if (!isWanted(job, executors)) return null;
  const { schedule } = state.compiled(job);
  const isDelay = schedule.kind === "after";
  const tickMs = isDelay ? nextTick(schedule, cursorMs) : nextOpenTick(schedule, cursorMs);
  if (tickMs === null) return null;
  return { id: job.id, name: job.spec.name, tickMs, timezone: timezoneOf(schedule) };
}

function isWanted({ spec }: Job, executors: readonly string[] | null): boolean {
  if (executors === null) return true;
  return spec.target.kind === "executor" && executors.includes(spec.target.executor);
}

function timezoneOf(schedule: Schedule): string {
  return "zone" in schedule ? schedule.zone.name : "UTC";
}

/** A tick that a calendar has closed makes way for a later one, so the order is that of the ticks. */
function first(fires: readonly UpcomingFire[], limit: number): readonly UpcomingFire[] {
  return fires.toSorted((a, b) => a.tickMs - b.tickMs).slice(0, limit);
}
