import { assertFires, compileSchedule } from "../core/schedule.ts";
import { shardOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import type { Job, JobSpec } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { Idempotency, JobView, CommandInput } from "../ports/shard-client.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { DirectoryCopies } from "./directory-copies.ts";
import { conflict, type IfMatch, versionWanted } from "./etag.ts";
import type { JobBody } from "./job-schema.ts";
import { jobSpecOf } from "./job-spec.ts";
import { placeOfJob } from "./request-of.ts";
import { callShard, type ShardAnswer, unlessRefused } from "./shard-call.ts";
import { isoText } from "./wire.ts";

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
  readonly #deps: ApiDeps;
  readonly #copies: DirectoryCopies;

  constructor(deps: ApiDeps, copies: DirectoryCopies) {
    this.#deps = deps;
    this.#copies = copies;
  }

  async get(namespace: string, job: string): Promise<JobView> {
    const { shards } = this.#deps;
    const { shard, ref } = placeOfJob(namespace, job, shards.count);
    const input = { ref };
    const order = { shard, kind: "job.get", input, idempotency: null } as const;
    return (await callShard(shards, order)).value.view;
  }

  create(body: JobBody, write: JobWrite): Promise<ShardAnswer<"job.put">> {
    const spec = jobSpecOf(body, { ...write, anchor: isoText(write.nowMs) }, this.#deps);
    return this.#put(spec, { mode: "create", ifVersion: null }, write);
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
    const needsAnchor = body.schedule.kind === "every" && body.schedule.anchor === undefined;
    const stored = needsAnchor ? ((await current())?.job ?? null) : null;
    const anchor = anchorOf(stored) ?? isoText(write.nowMs);
    const spec = jobSpecOf(body, { nowMs: write.nowMs, anchor }, this.#deps);
    const mode = ifMatch === null ? "upsert" : "replace";
    const put = this.#put(spec, { mode, ifVersion }, write);
    if (ifMatch === null) return put;
    const answer = await unlessRefused(["job.unknown"], put);
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
      const at = { nowMs: write.nowMs, anchor: isoText(write.nowMs) };
      const spec = jobSpecOf(bodyFrom(stored.spec), at, this.#deps);
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
    namespace: string,
  ): Promise<void> {
    const { shards } = this.#deps;
    const { shard, ref } = placeOfJob(namespace, job, shards.count);
    const ifVersion = await versionWanted(
      options.ifMatch,
      async () => (await this.get(namespace, job)).job.version,
    );
    const input = { ref, ifVersion, running: options.running };
    await callShard(shards, { shard, kind: "job.delete", input, idempotency: null });
  }

  /** A job's newest runs: those that the shard holds, and those that left it for the records. */
  async lastRuns({ job, runs: held }: JobView): Promise<readonly Run[]> {
    const query = { namespace: job.namespace, job: job.id, limit: LAST_RUNS, cursor: null };
    const none = { states: [], trigger: null, node: null, fromMs: null, toMs: null } as const;
    const page = await unlessRefused(
      ["records.unavailable"],
      this.#deps.records.runs({ ...query, ...none, slowerThanMs: null, q: null }),
    );
    // The shard's row of a run is never older than the records' one.
    const byId = new Map([...(page?.items ?? []), ...held].map((run) => [run.id, run]));
    return [...byId.values()].toSorted(newestFirst).slice(0, LAST_RUNS);
  }

  async #put(
    spec: JobSpec,
    how: Pick<CommandInput<"job.put">, "mode" | "ifVersion">,
    { namespace, nowMs, idempotency }: JobWrite,
  ): Promise<ShardAnswer<"job.put">> {
    const { shards } = this.#deps;
    const copies = await this.#copies.forTarget(namespace, spec.target, nowMs);
    const shard = shardOf(namespace, spec.name, shards.count);
    const input = { namespace, spec, ...how, copies };
    try {
      return await callShard(shards, { shard, kind: "job.put", input, idempotency });
    } catch (error) {
      // The shard says that the schedule never fires; the schedule itself can say why.
      if (error instanceof Refusal && error.data.code === "schedule.never_fires")
        assertFires(compileSchedule(spec.schedule), nowMs);
      throw error;
    }
  }
}

/** The anchor that a stored job counts its intervals from: a change of the rate keeps it. */
function anchorOf(stored: Job | null): string | null {
  return stored?.spec.schedule.kind === "every" ? stored.spec.schedule.anchor : null;
}

function newestFirst(a: Run, b: Run): number {
  return b.createdMs - a.createdMs || (a.id < b.id ? 1 : -1);
}
