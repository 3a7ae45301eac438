import { assert } from "../core/assert.ts";
import { BoundedMap } from "../core/bounded-map.ts";
import { compileJob, type CompiledJob } from "../core/compiled-job.ts";
import type { Job } from "../core/job.ts";
import type { RouteState } from "../core/route.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { Ids, Random } from "../ports/random.ts";
import { LAG_BUCKETS_MS } from "../ports/shard-client.ts";
import type { DueEntry, ShardStorage } from "../ports/shard-storage.ts";
import type { ShardLimits } from "./limits.ts";
import { LiveRuns } from "./live-runs.ts";
import { NearDue } from "./near-due.ts";
import { Outbox } from "./outbox.ts";

export interface ShardDeps {
  /** The number of this shard, from 0. */
  readonly shard: number;
  readonly storage: ShardStorage;
  readonly random: Random;
  readonly ids: Ids;
  readonly limits: ShardLimits;
}

/** A delivery that is out, and holds a slot. */
export interface Sending {
  /** `run#attempt#send`. */
  readonly key: string;
  /** When its carrier counts as silent: the slot is given back then, whatever became of the run. */
  readonly silentMs: number;
  /** How long that is after the send. */
  readonly patienceMs: number;
}

const PAGE = 1_000;

/**
 * Storage and the memory that mirrors it, written together. Every change of a row goes through one of
 * the `save…` and `drop…` methods, inside a transaction of the shard.
 */
export class ShardState {
  readonly shard: number;
  readonly storage: ShardStorage;
  readonly random: Random;
  readonly ids: Ids;
  readonly limits: ShardLimits;
  readonly near: NearDue;
  readonly live: LiveRuns;
  readonly outbox: Outbox;
  /** Deliveries that are out, by run. Survives a rebuild: the process still carries them. */
  inFlight: Map<string, Sending> = new Map();
  readonly routes = new Map<string, RouteState>();
  readonly counters = newCounters();
  /** Runs that ended in the transaction under way. */
  readonly justEnded: string[] = [];
  /** Counts row writes, to prove that a refusal changed nothing. */
  writes = 0;
  readonly #jobs: BoundedMap<string, Job>;
  readonly #compiled: BoundedMap<string, { readonly version: number; readonly job: CompiledJob }>;

  constructor(deps: ShardDeps) {
    this.shard = deps.shard;
    this.storage = deps.storage;
    this.random = deps.random;
    this.ids = deps.ids;
    this.limits = deps.limits;
    this.near = new NearDue(deps.storage, deps.limits);
    this.live = new LiveRuns(deps.storage, deps.limits);
    this.outbox = new Outbox(deps.storage);
    this.#jobs = new BoundedMap(deps.limits.jobCacheMax);
    this.#compiled = new BoundedMap(deps.limits.jobCacheMax);
  }

  /** Reads memory anew from storage. Returns the runs whose attempt was out, or is running. */
  rebuild(nowMs: number): readonly string[] {
    this.live.clear();
    this.outbox.clear();
    this.#jobs.clear();
    this.#compiled.clear();
    this.justEnded.length = 0;
    const out: string[] = [];
    for (const run of pages((last?: Run) => this.storage.runsAfter(last?.id ?? "", PAGE))) {
      this.live.index(run);
      this.outbox.noteRun(run.id);
      if (run.phase.state === "dispatching" || run.phase.state === "running") out.push(run.id);
    }
    for (const tick of pages((last?: Tick) =>
      this.storage.ticksAfter({
        jobId: last?.jobId ?? "",
        nominalMs: last?.nominalMs ?? 0,
        onlyThisJob: false,
        limit: PAGE,
      }),
    ))
      this.outbox.noteTick(tick);
    for (const entry of pages((last?: { readonly jobId: string }) =>
      this.storage.jobOutboxAfter(last?.jobId ?? "", PAGE),
    ))
      this.outbox.noteJob(entry.jobId);
    this.live.advance(nowMs);
    this.near.rebuild(nowMs);
    return out;
  }

  job(jobId: string): Job | undefined {
    const cached = this.#jobs.get(jobId);
    if (cached !== undefined) return cached;
    const stored = this.storage.getJob(jobId);
    if (stored !== undefined) this.#jobs.set(jobId, stored);
    return stored;
  }

  /** The job's spec, compiled; cached by version. */
  compiled(job: Job): CompiledJob {
    const cached = this.#compiled.get(job.id);
    if (cached?.version === job.version) return cached.job;
    const compiled = compileJob(job.spec);
    this.#compiled.set(job.id, { version: job.version, job: compiled });
    return compiled;
  }

  saveJob(job: Job): void {
    this.writes++;
    this.storage.putJob(job);
    this.#jobs.set(job.id, job);
    this.storage.putJobOutbox({ jobId: job.id, version: job.version, tombstone: null });
    this.outbox.noteJob(job.id);
  }

  dropJob(job: Job): void {
    this.writes++;
    this.storage.deleteJob(job.id);
    const { name } = job.spec;
    const { namespace, version } = job;
    this.storage.putJobOutbox({
      jobId: job.id,
      version: version + 1,
      tombstone: { namespace, name },
    });
    this.outbox.noteJob(job.id);
    this.#jobs.delete(job.id);
    this.#compiled.delete(job.id);
  }

  /** Sets when the job is next looked at; `from` is its entry until now. */
  saveDue(entry: DueEntry, from: DueEntry | undefined, nowMs: number): void {
    this.writes++;
    if (from === undefined) this.storage.insertDue(entry);
    else this.storage.moveDue(from.dueMs, entry);
    this.near.put(entry, nowMs);
  }

  dropDue(entry: DueEntry): void {
    this.writes++;
    this.storage.deleteDue(entry.dueMs, entry.jobId);
    this.near.remove(entry.jobId);
  }

  saveRun(run: Run): void {
    assert(run.version >= 1, "versions are counted from one");
    this.writes++;
    this.storage.putRun(run);
    this.live.put(run);
    this.outbox.noteRun(run.id);
    if (!isEnded(run.phase)) return;
    this.justEnded.push(run.id);
  }

  saveTick(tick: Tick): void {
    this.writes++;
    this.storage.putTick(tick);
    this.outbox.noteTick(tick);
    count(this.counters.ticks, tick.disposition, tick.count);
  }

  /** When `tick` must be called next; undefined when nothing waits for a time. */
  nextTickMs(nowMs: number): number | undefined {
    if (this.#hasWork()) return nowMs;
    return earliest([this.live.nextDueMs(), this.near.nextDueMs(), this.#nextSilentMs()]);
  }

  /**
   * When somebody must call `tick` though this process is gone. The deadlines of what it carries do not
   * count: without it they mean nothing, for the next start sends again at once.
   */
  nextLastingMs(nowMs: number): number | undefined {
    if (this.#hasWork()) return nowMs;
    return earliest([this.live.nextLastingMs(), this.near.nextDueMs()]);
  }

  #hasWork(): boolean {
    const isWaiting = this.live.ready > 0 || (this.near.overdue > 0 && this.hasRoom());
    return this.live.expired > 0 || (isWaiting && this.slotsFree > 0);
  }

  /**
   * Gives back the slots of carriers that never reported. A run that waits for such an answer is ended by
   * its own deadline; one that was called back or canceled meanwhile has none, and may leave now.
   */
  releaseSilent(nowMs: number): void {
    for (const [runId, { silentMs }] of this.inFlight) {
      if (silentMs > nowMs) continue;
      this.inFlight.delete(runId);
      const run = this.live.get(runId);
      if (run !== undefined && isEnded(run.phase)) this.outbox.noteRun(runId);
    }
  }

  #nextSilentMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { silentMs } of this.inFlight.values())
      if (nextMs === undefined || silentMs < nextMs) nextMs = silentMs;
    return nextMs;
  }

  /** Whether the shard may take on more: its bounds on live runs and on unrecorded rows. */
  hasRoom(): boolean {
    return this.live.size < this.limits.liveRunsMax && this.outbox.size < this.limits.outboxMax;
  }

  get slotsFree(): number {
    return this.limits.slots - this.inFlight.size;
  }
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

export interface Counters {
  readonly runsEnded: Record<string, number>;
  readonly ticks: Record<string, number>;
  readonly lagBuckets: number[];
  lagSumMs: number;
}

function newCounters(): Counters {
  const lagBuckets = Array.from({ length: LAG_BUCKETS_MS.length + 1 }, () => 0);
  return { runsEnded: {}, ticks: {}, lagBuckets, lagSumMs: 0 };
}

export function count(counter: Record<string, number>, name: string, by = 1): void {
  counter[name] = (counter[name] ?? 0) + by;
}

function* pages<T>(read: (last?: T) => readonly T[]): Generator<T> {
  let page = read();
  while (page.length > 0) {
    yield* page;
    page = page.length < PAGE ? [] : read(page.at(-1));
  }
}
