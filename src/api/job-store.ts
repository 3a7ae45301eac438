import {
  assertFires,
  type CalendarLookup,
  compileSchedule,
  type Schedule,
} from "../core/schedule.ts";
import { shardOf, workflowShardOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import type { Job, JobSpec, TargetSpec } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { CommandInput, CommandOutput, Idempotency, JobView } from "../ports/shard-client.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { CalendarStore } from "./calendar-store.ts";
import type { DirectoryCopies } from "./directory-copies.ts";
import { conflict, type IfMatch, versionWanted } from "./etag.ts";
import type { JobBody } from "./job-schema.ts";
import { jobSpecOf } from "./job-spec.ts";
import type { Counted, QuotaDesk } from "./quota-desk.ts";
import { placeOfJob } from "./request-of.ts";
import { callShard, type ShardAnswer, unlessRefused } from "./shard-call.ts";

/** Changes laid over a job that others change at the same time are tried again this often. */
const TRIES_MAX = 4;
const LAST_RUNS = 5;

export interface JobWrite {
  readonly namespace: string;
  readonly nowMs: number;
  readonly idempotency: Idempotency | null;
}

/** Reads and writes jobs in their shards, for the routes. */
export class JobStore {
  readonly #deps: ApiDeps & { readonly calendars: CalendarStore };
  readonly #copies: DirectoryCopies;
  readonly #quotas: QuotaDesk;

  constructor(
    deps: ApiDeps & { readonly calendars: CalendarStore },
    copies: DirectoryCopies,
    quotas: QuotaDesk,
  ) {
    this.#deps = deps;
    this.#copies = copies;
    this.#quotas = quotas;
  }

  async get(namespace: string, job: string): Promise<JobView> {
    return (await this.getWithTicks(namespace, job)).view;
  }

  /** A job with the next ticks that may run. */
  async getWithTicks(namespace: string, job: string): Promise<CommandOutput<"job.get">> {
    const { shards } = this.#deps;
    const { shard, ref } = placeOfJob(namespace, job, shards.count);
    const input = { ref };
    const order = { shard, kind: "job.get", input, idempotency: null } as const;
    return (await callShard(shards, order)).value;
  }

  async create(body: JobBody, write: JobWrite): Promise<ShardAnswer<"job.put">> {
    const spec = await jobSpecOf(body, { ...write, replaced: null }, this.#deps);
    const put = () => this.#put(spec, { mode: "create", ifVersion: null }, write);
    return this.#quotas.creating(this.#counted(write, spec.name), put);
  }

  /** Creates or replaces; only replaces when the caller insists on a version. */
  async replace(
    body: JobBody,
    ifMatch: IfMatch | null,
    write: JobWrite,
  ): Promise<ShardAnswer<"job.put">> {
    const current = (): Promise<JobView | null> =>
      unlessRefused(["job.unknown"], this.get(write.namespace, body.name));
    const ifVersion = await versionWanted(ifMatch, async () => (await current())?.job.version ?? 0);
    const stored = isCountedFromNow(body) ? await current() : null;
    const replaced = stored?.job.spec.schedule ?? null;
    const spec = await jobSpecOf(body, { ...write, replaced }, this.#deps);
    const mode = ifMatch === null ? "upsert" : "replace";
    const put = () => this.#put(spec, { mode, ifVersion }, write);
    if (ifMatch === null) return this.#quotas.creating(this.#counted(write, spec.name), put);
    const answer = await unlessRefused(["job.unknown"], put());
    if (answer === null) throw conflict();
    return answer;
  }

  /**
   * Lays a change over the stored job. Without If-Match it is laid again over what another has
   * stored.
   */
  async change(
    job: string,
    change: {
      readonly ifMatch: IfMatch | null;
      readonly bodyFrom: (stored: JobSpec) => JobBody;
    },
    write: JobWrite,
  ): Promise<ShardAnswer<"job.put">> {
    const { ifMatch, bodyFrom } = change;
    const insists = ifMatch?.kind === "versions";
    for (let tries = 1; ; tries++) {
      // Each try needs what the one before it found.
      // oxlint-disable-next-line no-await-in-loop
      const { job: stored } = await this.get(write.namespace, job);
      if (insists && !ifMatch.versions.includes(stored.version)) throw conflict();
      // oxlint-disable-next-line no-await-in-loop
      const spec = await jobSpecOf(bodyFrom(stored.spec), { ...write, replaced: null }, this.#deps);
      const put = this.#put(spec, { mode: "replace", ifVersion: stored.version }, write);
      const mayRetry = !insists && tries < TRIES_MAX;
      // oxlint-disable-next-line no-await-in-loop
      const answer = await unlessRefused(mayRetry ? ["version.conflict"] : [], put);
      if (answer !== null) return answer;
    }
  }

  async delete(
    job: string,
    options: { readonly ifMatch: IfMatch | null; readonly running: "finish" | "cancel" },
    at: Pick<JobWrite, "namespace" | "nowMs">,
  ): Promise<void> {
    const { namespace } = at;
    const { shards } = this.#deps;
    const { shard, ref } = placeOfJob(namespace, job, shards.count);
    const ifVersion = await versionWanted(
      options.ifMatch,
      async () => (await this.get(namespace, job)).job.version,
    );
    const input = { ref, ifVersion, running: options.running };
    const drop = () => callShard(shards, { shard, kind: "job.delete", input, idempotency: null });
    if (await this.#quotas.doesCount({ ...at, kind: "jobs" })) {
      // Names are counted, and the caller may have named the id.
      const { name } = (await this.get(namespace, job)).job.spec;
      await this.#quotas.deleting(this.#counted(at, name), drop);
    } else await drop();
  }

  #counted({ namespace, nowMs }: Pick<JobWrite, "namespace" | "nowMs">, name: string): Counted {
    const isThere = async (job: string): Promise<boolean> =>
      (await unlessRefused(["job.unknown"], this.get(namespace, job))) !== null;
    return { namespace, kind: "jobs", name, nowMs, isThere };
  }

  /** A job's newest runs: those that the shard holds, and those that left it for the records. */
  async lastRuns({ job, runs: held }: JobView): Promise<readonly Run[]> {
    const query = { namespace: job.namespace, job: job.id, limit: LAST_RUNS, cursor: null };
    const none = { trigger: null, parent: null, backfill: null, node: null, q: null } as const;
    const noSteps = { workflow: null, workflowRun: null } as const;
    const always = { fromMs: null, toMs: null, slowerThanMs: null, isDeadLetter: false } as const;
    const page = await unlessRefused(
      ["records.unavailable"],
      this.#deps.records.runs({
        ...query,
        ...none,
        ...noSteps,
        ...always,
        states: [],
        order: "newest",
      }),
    );
    // The shard's row of a run is never older than the records' one.
    const byId = new Map([...(page?.items ?? []), ...held].map((run) => [run.id, run]));
    return [...byId.values()].toSorted(newestFirst).slice(0, LAST_RUNS);
  }

  /**
   * The calendars of some jobs, looked up once for each. Null for a job whose calendar cannot be read
   * now: a list is worth more than its next ticks.
   */
  async calendarsOf(
    some: readonly Job[],
    nowMs: number,
  ): Promise<(job: Job) => CalendarLookup | null> {
    const { calendars } = this.#deps;
    const found = new Map<string, CalendarLookup | null>();
    for (const { namespace, spec } of some) {
      const name = calendarNameOf(spec);
      if (name === null || found.has(name)) continue;
      const looked = calendars.lookup(namespace, spec.schedule, nowMs);
      // One after the other: a page rarely names more than a few, and each is read once.
      // oxlint-disable-next-line no-await-in-loop
      const calendarOf = await unlessRefused(["records.unavailable"], looked);
      found.set(name, calendarOf?.(name) === undefined ? null : calendarOf);
    }
    return ({ spec }) => {
      const name = calendarNameOf(spec);
      return name === null ? () => undefined : (found.get(name) ?? null);
    };
  }

  async #put(
    spec: JobSpec,
    how: Pick<CommandInput<"job.put">, "mode" | "ifVersion">,
    { namespace, nowMs, idempotency }: JobWrite,
  ): Promise<ShardAnswer<"job.put">> {
    const { shards, calendars } = this.#deps;
    await this.#checkWorkflow(namespace, spec.target);
    const calendarCopies = await calendars.copiesFor(namespace, spec.schedule, nowMs);
    const shard = shardOf(namespace, spec.name, shards.count);
    const targetCopies = await this.#copies.forTarget(namespace, spec.target, { shard, nowMs });
    const copies = [...targetCopies, ...calendarCopies];
    const input = { namespace, spec, ...how, copies };
    try {
      return await callShard(shards, { shard, kind: "job.put", input, idempotency });
    } catch (error) {
      // The shard says that the schedule never fires; the schedule itself can say why.
      if (error instanceof Refusal && error.data.code === "schedule.never_fires")
        assertFires(await this.#scheduleOf(namespace, spec, nowMs), nowMs);
      throw error;
    }
  }

  /** Refuses a job for a workflow that there is not: it would fail with every tick. */
  async #checkWorkflow(namespace: string, target: TargetSpec): Promise<void> {
    if (target.kind !== "workflow") return;
    const { workflow } = target;
    const { shards } = this.#deps;
    const shard = workflowShardOf(namespace, workflow, shards.count);
    const input = { ref: { namespace, workflow } };
    const order = { shard, kind: "workflow.get", input, idempotency: null } as const;
    const found = await unlessRefused(["workflow.unknown"], callShard(shards, order));
    if (found !== null) return;
    throw new Refusal("workflow.unknown", `There is no workflow "${workflow}".`, {
      errors: [{ pointer: "/target/workflow", message: "No such workflow." }],
      hint: "Create it first: POST /api/v1/workflows.",
    });
  }

  async #scheduleOf(namespace: string, spec: JobSpec, nowMs: number): Promise<Schedule> {
    const calendarOf = await this.#deps.calendars.lookup(namespace, spec.schedule, nowMs);
    return compileSchedule(spec.schedule, calendarOf);
  }
}

/** Whether the schedule leaves out an instant that the stored one hands down: its anchor, or its start. */
function isCountedFromNow({ schedule }: JobBody): boolean {
  if (schedule.kind === "at" || schedule.kind === "manual") return false;
  const needsAnchor = schedule.kind === "every" && schedule.anchor === undefined;
  return needsAnchor || (schedule.ticksMax !== null && schedule.startAt === null);
}

function calendarNameOf({ schedule }: JobSpec): string | null {
  return "calendar" in schedule ? (schedule.calendar?.name ?? null) : null;
}

function newestFirst(a: Run, b: Run): number {
  return b.createdMs - a.createdMs || (a.id < b.id ? 1 : -1);
}
