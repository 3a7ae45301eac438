import { compileCalendar, type Calendar, type CalendarCopy } from "../core/calendar.ts";
import {
  changedParts,
  tickChanges,
  type ChangedParts,
  type ImpactBudget,
  type TickChanges,
} from "../core/calendar-impact.ts";
import { calendarNameOf, type Job, type ScheduleSpec } from "../core/job.ts";
import { Refusal } from "../core/refusal.ts";
import { compileSchedule, nextOpenTick, type CalendarLookup } from "../core/schedule.ts";
import type { CommandInput, CommandOutput, JobImpact } from "../ports/shard-client.ts";
import type { ShardState } from "./shard-state.ts";

export const IMPACT_LIMITS = {
  /** How far ahead it is told what moves. */
  spanMs: 366 * 86_400_000,
  /** Jobs that one call looks at: a shard does nothing else meanwhile. */
  pageMax: 200,
  /** Ticks, or stretches of ticks, that one call computes to tell what moves. */
  ticksMax: 100_000,
  /** Ticks named each way for one job. */
  samplesMax: 20,
  /** Names of jobs that `calendar.jobs` gives. */
  namesMax: 20,
} as const;

/** Who uses a calendar; jobs that have ended do so too, for they may be resumed. */
export function jobsOfCalendar(
  state: ShardState,
  { namespace, name }: CommandInput<"calendar.jobs">,
): CommandOutput<"calendar.jobs"> {
  const jobIds = state.storage.jobsOfCalendar(namespace, name);
  const jobs = state.storage.getJobs(jobIds.slice(0, IMPACT_LIMITS.namesMax));
  return { jobs: jobs.map((job) => job.spec.name).toSorted(), jobsCount: jobIds.length };
}

/**
 * Refuses a job whose schedule begins to use a calendar that has as many users as it may. `former` is the
 * schedule that it had.
 */
export function refuseFullCalendar(
  state: ShardState,
  { namespace, spec }: CommandInput<"job.put">,
  former: ScheduleSpec | null,
): void {
  const name = calendarNameOf(spec.schedule);
  if (name === null || (former !== null && calendarNameOf(former) === name)) return;
  const { calendarJobsMax } = state.limits;
  if (state.calendars.mayUse(namespace, name, calendarJobsMax)) return;
  throw new Refusal(
    "quota.exceeded",
    `At most ${calendarJobsMax} jobs of a shard may use the calendar "${name}".`,
    {
      hint: "Make another calendar that names this one in allOf, and use that.",
      errors: [{ pointer: "/schedule/calendar/name", message: "It has too many users." }],
    },
  );
}

/** One page of what new forms of calendars would do to the jobs that use them. Writes nothing. */
export function calendarImpact(
  state: ShardState,
  { copies, afterJobId, jobsMax }: CommandInput<"calendar.impact">,
  nowMs: number,
): CommandOutput<"calendar.impact"> {
  const impact = new Impact(state, copies, { jobsMax, nowMs });
  const jobIds = copies
    .flatMap(({ namespace, name }) => state.storage.jobsOfCalendar(namespace, name))
    .filter((jobId) => jobId > afterJobId)
    .toSorted();
  const page = jobIds.slice(0, IMPACT_LIMITS.pageMax);
  for (const job of state.storage.getJobs(page)) impact.add(job);
  const { jobs, deadJobs, isCut } = impact;
  const nextAfterJobId = jobIds.length > page.length ? (page.at(-1) ?? null) : null;
  return { jobs, jobsCount: page.length, deadJobs, isCut, nextAfterJobId };
}

/** Gathers what moves, job after job. */
class Impact {
  readonly jobs: JobImpact[] = [];
  readonly deadJobs: string[] = [];
  isCut = false;
  readonly #state: ShardState;
  readonly #next: ReadonlyMap<string, Calendar>;
  readonly #parts = new Map<string, ChangedParts>();
  readonly #budget: ImpactBudget = { ticks: IMPACT_LIMITS.ticksMax };
  readonly #jobsMax: number;
  readonly #nowMs: number;

  constructor(
    state: ShardState,
    copies: readonly CalendarCopy[],
    { jobsMax, nowMs }: { readonly jobsMax: number; readonly nowMs: number },
  ) {
    this.#state = state;
    this.#next = new Map(copies.map((copy) => [copy.name, compileCalendar(copy)]));
    this.#jobsMax = jobsMax;
    this.#nowMs = nowMs;
  }

  add(job: Job): void {
    if (job.state === "ended") return;
    const { schedule: spec } = job.spec;
    const before = this.#state.compiled(job).schedule;
    const after = compileSchedule(spec, this.#lookup);
    const isAlive = nextOpenTick(before, this.#nowMs) !== null;
    if (isAlive && nextOpenTick(after, this.#nowMs) === null) this.deadJobs.push(job.spec.name);
    const parts = this.#partsOf(job);
    if (parts === null) return;
    const change = { before, after, spec, samples: IMPACT_LIMITS.samplesMax };
    const isFull = this.jobs.length >= this.#jobsMax || this.#budget.ticks <= 0;
    const range = { ...this.#range, budget: this.#budget };
    const changes = isFull ? null : tickChanges(change, parts, range);
    if (changes === null) this.isCut = true;
    else if (changes.removedCount + changes.addedCount > 0) this.jobs.push(told(job, changes));
  }

  readonly #lookup: CalendarLookup = (name) => this.#next.get(name);

  get #range(): { readonly afterMs: number; readonly untilMs: number } {
    return { afterMs: this.#nowMs, untilMs: this.#nowMs + IMPACT_LIMITS.spanMs };
  }

  /** Where the job's calendar differs from what it was; null when it does nowhere. */
  #partsOf({ namespace, spec }: Job): ChangedParts | null {
    const name = calendarNameOf(spec.schedule) ?? "";
    const before = this.#state.calendars.lookup(namespace)(name);
    const after = this.#next.get(name);
    if (before === undefined || after === undefined) return null;
    const parts = this.#parts.get(name) ?? changedParts(before, after, this.#range);
    this.#parts.set(name, parts);
    return parts.closing.length === 0 ? null : parts;
  }
}

function told(job: Job, changes: TickChanges): JobImpact {
  const { removed, added, removedCount, addedCount } = changes;
  return { job: job.spec.name, removed, added, removedCount, addedCount };
}
