import { assert } from "../core/assert.ts";
import { BoundedMap } from "../core/bounded-map.ts";
import { compileJob, type CompiledJob } from "../core/compiled-job.ts";
import { calendarNameOf, type Job } from "../core/job.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { Ids, Random } from "../ports/random.ts";
import type { DirectoryCopy, DueEntry, Errand, ShardStorage } from "../ports/shard-storage.ts";
import { BackfillRuns } from "./backfill-runs.ts";
import { CancelNotices } from "./cancel-notices.ts";
import { count, newCounters } from "./counters.ts";
import { HostKeys } from "./host-keys.ts";
import { InFlight } from "./in-flight.ts";
import type { ShardLimits } from "./limits.ts";
import { LiveNotes } from "./live-notes.ts";
import { LiveRuns } from "./live-runs.ts";
import { NearDue } from "./near-due.ts";
import { NodeReports } from "./node-reports.ts";
import { Outbox } from "./outbox.ts";
import { stopOwed } from "./owed-errands.ts";
import { ShardCalendars } from "./shard-calendars.ts";
import { ShardExecutors } from "./shard-executors.ts";
import { ShardNamespaces } from "./shard-namespaces.ts";
import { ShardWorkflows } from "./shard-workflows.ts";
import { SliceNews } from "./slice-news.ts";

export interface ShardDeps {
  /** The number of this shard, from 0. */
  readonly shard: number;
  readonly storage: ShardStorage;
  readonly random: Random;
  readonly ids: Ids;
  readonly limits: ShardLimits;
}

interface CachedJob {
  readonly version: number;
  /** With which count of the calendars it was compiled; null when its schedule keeps to none. */
  readonly epoch: number | null;
  readonly job: CompiledJob;
}

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
  readonly backfillRuns = new BackfillRuns();
  readonly sliceNews = new SliceNews();
  readonly notices = new CancelNotices();
  readonly calendars: ShardCalendars;
  readonly executors: ShardExecutors;
  readonly namespaces: ShardNamespaces;
  readonly workflows: ShardWorkflows;
  readonly hosts = new HostKeys();
  readonly inFlight: InFlight;
  readonly reports = new NodeReports();
  readonly liveNotes = new LiveNotes();
  readonly counters = newCounters();
  /** Runs that ended in the transaction under way. */
  readonly justEnded: string[] = [];
  /** Those of them whose jobs may wait for that: `settleEnded` takes them before the commit. */
  readonly ended: Run[] = [];
  /** Counts row writes, to prove that a refusal changed nothing. */
  writes = 0;
  readonly #jobs: BoundedMap<string, Job>;
  readonly #compiled: BoundedMap<string, CachedJob>;
  readonly #delayDues: BoundedMap<string, number>;

  constructor(deps: ShardDeps) {
    this.shard = deps.shard;
    this.storage = deps.storage;
    this.random = deps.random;
    this.ids = deps.ids;
    this.limits = deps.limits;
    this.near = new NearDue(deps.storage, deps.limits);
    this.live = new LiveRuns(deps.storage, deps.limits);
    this.outbox = new Outbox(deps.storage);
    this.calendars = new ShardCalendars(deps.storage);
    const { blocked } = this.live;
    this.executors = new ShardExecutors(deps.storage, blocked);
    this.namespaces = new ShardNamespaces(deps.storage);
    const { storage, limits, live: runs, near } = this;
    this.workflows = new ShardWorkflows({ storage, limits, runs, near });
    this.inFlight = new InFlight({
      took: (hostKey) => blocked.took(hostKey, hostKey),
      freed: (hostKey) => blocked.freed(hostKey, hostKey),
    });
    this.#jobs = new BoundedMap(deps.limits.jobCacheMax);
    this.#compiled = new BoundedMap(deps.limits.jobCacheMax);
    this.#delayDues = new BoundedMap(deps.limits.jobCacheMax);
  }

  /** Memory is about to be read anew from storage: see `rebuild.ts`. */
  forget(): void {
    this.live.clear();
    this.outbox.clear();
    this.backfillRuns.clear();
    this.sliceNews.clear();
    this.#jobs.clear();
    this.#compiled.clear();
    this.calendars.clear();
    this.executors.clear();
    this.namespaces.clear();
    this.justEnded.length = 0;
    this.ended.length = 0;
  }

  /** Undefined also for a workflow, to whose steps runs may belong as others do to a job. */
  job(jobId: string): Job | undefined {
    if (jobId.startsWith("wf_")) return undefined;
    const cached = this.#jobs.get(jobId);
    if (cached !== undefined) return cached;
    const stored = this.storage.getJob(jobId);
    if (stored !== undefined) this.#jobs.set(jobId, stored);
    return stored;
  }

  /** The job's spec, compiled; cached by its version and those of the calendars. */
  compiled(job: Job): CompiledJob {
    const { calendars } = this;
    const cached = this.#compiled.get(job.id);
    const isGood = cached !== undefined && (cached.epoch ?? calendars.epoch) === calendars.epoch;
    if (isGood && cached.version === job.version) return cached.job;
    const compiled = compileJob(job.spec, calendars.lookup(job.namespace));
    const epoch = calendarNameOf(job.spec.schedule) === null ? null : calendars.epoch;
    this.#compiled.set(job.id, { version: job.version, epoch, job: compiled });
    return compiled;
  }

  saveJob(job: Job): void {
    this.writes++;
    this.storage.putJob(job);
    this.liveNotes.job(job);
    this.#jobs.set(job.id, job);
    this.storage.putJobOutbox({ jobId: job.id, version: job.version, tombstone: null });
    this.outbox.noteJob(job.id);
    // It may let more runs start than before.
    this.live.release(job.id, Number.POSITIVE_INFINITY);
  }

  dropJob(job: Job): void {
    this.writes++;
    this.storage.deleteJob(job.id);
    this.liveNotes.deletedJob(job);
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
    this.live.release(job.id, Number.POSITIVE_INFINITY);
  }

  /** Sets when the job is next looked at; `from` is its entry until now. */
  saveDue(entry: DueEntry, from: DueEntry | undefined, nowMs: number): void {
    this.writes++;
    if (from === undefined) this.storage.insertDue(entry);
    else this.storage.moveDue(from.dueMs, entry);
    this.near.put(entry, nowMs);
  }

  /** Remembers where the entry of a fixed delay is: no formula tells. */
  noteDelayDue(jobId: string, dueMs: number): void {
    this.#delayDues.set(jobId, dueMs);
  }

  /** The entry of a fixed delay. One that this process did not place is looked for in the whole table, once. */
  delayDue(jobId: string): DueEntry | undefined {
    const dueMs = this.#delayDues.get(jobId);
    const guess = dueMs === undefined ? undefined : this.storage.dueAt(dueMs, jobId);
    const entry = guess ?? this.storage.scanDue(jobId);
    if (entry !== undefined) this.noteDelayDue(jobId, entry.dueMs);
    return entry;
  }

  dropDue(entry: DueEntry): void {
    this.writes++;
    this.storage.deleteDue(entry.dueMs, entry.jobId);
    this.near.remove(entry.jobId);
  }

  saveRun(run: Run): void {
    assert(run.version >= 1, "versions are counted from one");
    if (run.order.target.kind === "workflow") {
      const errand = stopOwed(this.live.get(run.id), run);
      if (errand !== null) this.owe(errand);
    }
    this.writes++;
    this.storage.putRun(run);
    this.liveNotes.run(run);
    const { isEnd, isWatched } = this.live.put(run);
    this.executors.follow(run);
    this.backfillRuns.put(run);
    this.outbox.noteRun(run.id);
    if (!isEnd) return;
    this.justEnded.push(run.id);
    if (isWatched) this.ended.push(run);
    this.sliceNews.ended(run);
    this.workflows.news.ended(run);
    if (run.phase.state !== "canceled") return;
    this.inFlight.cancel(run);
    this.notices.addEnded(run);
  }

  /** Keeps a command for another shard until it was answered. */
  owe(errand: Errand): void {
    this.writes++;
    this.workflows.errands.add(errand);
  }

  /** It was answered. */
  paid(errandId: string): void {
    this.writes++;
    this.workflows.errands.remove(errandId);
  }

  saveCopy(copy: DirectoryCopy): void {
    this.writes++;
    this.storage.putCopy(copy);
    this.calendars.forget(copy.key);
    this.executors.forget(copy.key);
    this.namespaces.clear();
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
    const { live, near, inFlight, workflows } = this;
    const times = [live.nextDueMs(), near.nextDueMs(), inFlight.nextSilentMs()];
    const leavingMs = this.outbox.workflows.nextLeavingMs(nowMs);
    return earliest([...times, workflows.errands.nextMs(nowMs), leavingMs]);
  }

  /**
   * When somebody must call `tick` though this process is gone. The deadlines of what it carries do not
   * count: without it they mean nothing, for the next start sends again at once.
   */
  nextLastingMs(nowMs: number): number | undefined {
    if (this.#hasWork()) return nowMs;
    const { live, near, workflows } = this;
    const errandMs = workflows.errands.nextLastingMs(nowMs);
    return earliest([live.nextLastingMs(), near.nextDueMs(), errandMs]);
  }

  #hasWork(): boolean {
    const isReady = this.live.ready > 0 || this.live.blocked.isOpen;
    const isWaiting = isReady || (this.near.overdue > 0 && this.hasRoom());
    const isExpired = this.live.expired > 0 || this.near.expired > 0;
    return isExpired || (isWaiting && this.slotsFree > 0);
  }

  /**
   * Gives back the slots of carriers that never reported. A run that waits for such an answer is ended by
   * its own deadline; one that was called back or canceled meanwhile has none, and may leave now.
   */
  releaseSilent(nowMs: number): void {
    for (const runId of this.inFlight.silent(nowMs)) {
      const run = this.live.get(runId);
      this.inFlight.remove(runId, run);
      if (run !== undefined && isEnded(run.phase)) this.outbox.noteRun(runId);
    }
  }

  /** Whether the shard may take on more: its bounds on live runs, on unrecorded rows and on errands. */
  hasRoom(): boolean {
    const { live, outbox, workflows, limits } = this;
    const hasRoom = live.size < limits.liveRunsMax && outbox.size < limits.outboxMax;
    return hasRoom && workflows.errands.hasRoom;
  }

  get slotsFree(): number {
    return this.limits.slots - this.inFlight.size;
  }
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
