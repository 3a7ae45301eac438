import type { CalendarCopy } from "../core/calendar.ts";
import { Refusal } from "../core/refusal.ts";
import type { CommandInput, CommandOutput, JobImpact, Shards } from "../ports/shard-client.ts";
import { someOf } from "./calendar-change.ts";
import { type ImpactJson } from "./calendar-schema.ts";
import { SHARDS_AT_ONCE } from "./directory-copies.ts";
import { eachBounded } from "../core/each-bounded.ts";
import { callShard } from "./shard-call.ts";
import { isoText } from "./wire.ts";

const JOBS_MAX = 100;
/** Faults that one answer lists. */
const ERRORS_MAX = 20;

type ShardImpact = Omit<CommandOutput<"calendar.impact">, "nextAfterJobId">;

/**
 * What new forms of calendars would move, asked of every shard. Throws `calendar.invalid` where they leave a
 * job without any tick, and `shard.unavailable` when a shard cannot tell: a change whose consequences
 * are not known is not made.
 */
export async function impactOf(
  shards: Shards,
  copies: readonly CalendarCopy[],
): Promise<ImpactJson> {
  const found = await askAll(shards, (shard) => impactIn(shards, shard, copies));
  refuseDead(found.flatMap(({ deadJobs }) => deadJobs));
  const jobs = found.flatMap((impact) => impact.jobs).toSorted((a, b) => (a.job < b.job ? -1 : 1));
  return {
    jobs: jobs.slice(0, JOBS_MAX).map(jobImpactJson),
    jobsCount: found.reduce((sum, { jobsCount }) => sum + jobsCount, 0),
    isCut: jobs.length > JOBS_MAX || found.some(({ isCut }) => isCut),
  };
}

/** Throws `calendar.in_use`, with some of their names, while jobs use the calendar. */
export async function refuseUsed(shards: Shards, namespace: string, name: string): Promise<void> {
  const input = { namespace, name };
  const found = await askAll(shards, async (shard) => {
    const order = { shard, kind: "calendar.jobs", input, idempotency: null } as const;
    return (await callShard(shards, order)).value;
  });
  const jobsCount = found.reduce((sum, one) => sum + one.jobsCount, 0);
  if (jobsCount === 0) return;
  const jobs = found.flatMap((one) => one.jobs).slice(0, ERRORS_MAX);
  const more = jobsCount - jobs.length;
  const names = jobs.join(", ") + (more > 0 ? ` and ${more} more` : "");
  throw new Refusal("calendar.in_use", `Jobs use the calendar "${name}": ${names}.`, {
    hint: "Give their schedules another calendar, or none, first.",
    errors: jobs.map((job) => ({ pointer: "", message: `The job "${job}" uses it.` })),
  });
}

/** Asks one shard for page after page. */
async function impactIn(
  shards: Shards,
  shard: number,
  copies: readonly CalendarCopy[],
): Promise<ShardImpact> {
  const jobs: JobImpact[] = [];
  const deadJobs: string[] = [];
  let [jobsCount, isCut] = [0, false];
  let afterJobId: string | null = "";
  while (afterJobId !== null) {
    const input: CommandInput<"calendar.impact"> = {
      copies,
      afterJobId,
      jobsMax: JOBS_MAX - jobs.length,
    };
    // Each page begins where the one before it ended.
    // oxlint-disable-next-line no-await-in-loop
    const value: CommandOutput<"calendar.impact"> = await pageOfImpact(shards, shard, input);
    jobs.push(...value.jobs);
    deadJobs.push(...value.deadJobs);
    jobsCount += value.jobsCount;
    isCut ||= value.isCut;
    afterJobId = value.nextAfterJobId;
  }
  return { jobs, deadJobs, jobsCount, isCut };
}

async function pageOfImpact(
  shards: Shards,
  shard: number,
  input: CommandInput<"calendar.impact">,
): Promise<CommandOutput<"calendar.impact">> {
  const order = { shard, kind: "calendar.impact", input, idempotency: null } as const;
  return (await callShard(shards, order)).value;
}

function refuseDead(deadJobs: readonly string[]): void {
  if (deadJobs.length === 0) return;
  const detail = `This would leave jobs without any tick: ${someOf(deadJobs)}.`;
  throw new Refusal("calendar.invalid", detail, {
    hint: "Leave them a day to run on, or give their schedules another calendar first.",
    errors: deadJobs.slice(0, ERRORS_MAX).map((job) => ({
      pointer: "",
      message: `The job "${job}" would have no tick left.`,
    })),
  });
}

/** Asks every shard, a few at once; rejects as the first that fails. */
async function askAll<T>(
  shards: Shards,
  ask: (shard: number) => Promise<T>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  const failures: unknown[] = [];
  const all = Array.from({ length: shards.count }, (_, shard) => shard);
  await eachBounded(all, SHARDS_AT_ONCE, async (shard) => {
    if (failures.length > 0) return;
    try {
      answers.push(await ask(shard));
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
  return answers;
}

function jobImpactJson(impact: JobImpact): ImpactJson["jobs"][number] {
  const { job, removed, added, removedCount, addedCount } = impact;
  return {
    job,
    removed: removed.map(isoText),
    added: added.map(isoText),
    removedCount,
    addedCount,
  };
}
