import { BoundedMap } from "../core/bounded-map.ts";
import { assert } from "../core/assert.ts";
import { isEnded, isForLater, isHeld, type Phase, type Run } from "../core/run.ts";
import { TimingWheel } from "../core/wheel.ts";
import type { ShardStorage } from "../ports/shard-storage.ts";
import { BlockedRuns, type Block } from "./blocked-runs.ts";
import { ByPriority } from "./by-priority.ts";
import { JobRuns, type LiveRun } from "./job-runs.ts";
import type { ShardLimits } from "./limits.ts";

/**
 * The runs of the shard as memory holds them: when each is due, how many each job has, which are ready to
 * start, and which are *parked*: their time has come, but their job has as many started ones as it may.
 * Bodies are kept for the newest; all of it can be rebuilt from storage.
 */
export class LiveRuns {
  readonly #storage: ShardStorage;
  readonly #wheel = new TimingWheel<LiveRun>();
  /** Deadlines of deliveries that are out, apart: whoever carries them reports long before. */
  readonly #deadlines = new TimingWheel<LiveRun>();
  readonly #runs = new Map<string, LiveRun>();
  readonly #byJob = new Map<string, JobRuns>();
  /** Runs whose time to start has come, in the order it came. */
  readonly #ready = new ByPriority<LiveRun>();
  /** Runs whose deadline has passed. They need no slot, so they never queue behind those that do. */
  readonly #expired = new Set<LiveRun>();
  readonly #bodies: BoundedMap<string, Run>;
  /** Runs whose turn has come, but a host, an executor or its nodes take no more. */
  readonly blocked = new BlockedRuns<LiveRun>();

  constructor(storage: ShardStorage, limits: ShardLimits) {
    this.#storage = storage;
    this.#bodies = new BoundedMap(limits.runCacheMax);
  }

  clear(): void {
    this.#wheel.clear();
    this.#deadlines.clear();
    this.#runs.clear();
    this.#byJob.clear();
    this.#ready.clear();
    this.blocked.clear();
    this.#expired.clear();
    this.#bodies.clear();
  }

  get size(): number {
    return this.#runs.size;
  }

  get(runId: string): Run | undefined {
    const cached = this.#bodies.get(runId);
    if (cached !== undefined) return cached;
    const stored = this.#storage.getRun(runId);
    if (stored !== undefined) this.#bodies.set(runId, stored);
    return stored;
  }

  /** The live runs of a job, the live slices of a sharded run, or the live parts of a workflow run. */
  liveOf(jobId: string): ReadonlySet<string> {
    return this.#byJob.get(jobId)?.ids ?? NONE;
  }

  /** How many runs of a job count for its overlap policy: their time has come. */
  activeOf(jobId: string): number {
    return this.#byJob.get(jobId)?.active ?? 0;
  }

  /** How many runs of a job have had an attempt. */
  startedOf(jobId: string): number {
    return this.#byJob.get(jobId)?.started ?? 0;
  }

  /** How many runs of a job were made by ticks. */
  ticksOf(jobId: string): number {
    return this.#byJob.get(jobId)?.ticks ?? 0;
  }

  /** How many runs of a job wait for others of it to end. */
  parkedOf(jobId: string): number {
    return this.#byJob.get(jobId)?.parked ?? 0;
  }

  /** The oldest run of a job whose time has come. */
  oldestOf(jobId: string): string | null {
    let oldest: string | null = null;
    for (const runId of this.liveOf(jobId)) {
      const isActive = this.#runs.get(runId)?.isActive === true;
      if (isActive && (oldest === null || runId < oldest)) oldest = runId;
    }
    return oldest;
  }

  /** The run of a job that waits for the deliveries of those that were canceled for it. */
  heldOf(jobId: string): string | null {
    return this.#byJob.get(jobId)?.held?.id ?? null;
  }

  /** How many runs of a job come before this one: those that have started, and those before it in line. */
  before(run: Run): number {
    return this.#byJob.get(groupOf(run))?.before(run) ?? 0;
  }

  /** Runs of this job leave no end unnoticed: `put` tells of each. */
  watch(jobId: string): void {
    const job = this.#byJob.get(jobId);
    if (job !== undefined) job.isWatched = true;
  }

  ids(): Iterable<string> {
    return this.#runs.keys();
  }

  /** Follows a write of the run: its state and due time are now these. Says what it ended, if it did. */
  put(run: Run): { readonly isEnd: boolean; readonly isWatched: boolean } {
    this.#bodies.set(run.id, run);
    if (!isEnded(run.phase)) {
      this.#place(run, false);
      return GOES_ON;
    }
    const live = this.#runs.get(run.id);
    if (live === undefined) return GOES_ON;
    this.#unlink(live, groupOf(run));
    const { isWatched, parked } = live.job;
    return isWatched || parked > 0 ? WATCHED_END : END;
  }

  /** The same without keeping the body: for the scan at the start. */
  index(run: Run): void {
    if (!isEnded(run.phase)) this.#place(run, true);
  }

  /** Follows a deletion. */
  remove(runId: string): void {
    assert(!this.#runs.has(runId), "only ended runs leave the shard");
    this.#bodies.delete(runId);
  }

  advance(nowMs: number): void {
    this.blocked.advance(nowMs);
    for (const live of this.#deadlines.advance(nowMs)) this.#expire(live);
    for (const live of this.#wheel.advance(nowMs))
      if (live.isOut) this.#expire(live);
      else this.#makeReady(live);
  }

  get expired(): number {
    return this.#expired.size;
  }

  *expiredIds(): Generator<string> {
    for (const { id } of this.#expired) yield id;
  }

  /** Runs whose turn it is as soon as there is a slot. */
  get ready(): number {
    return this.#ready.size;
  }

  /** The priorities of runs that are ready, or are worth another try, in no order. */
  *priorities(): Generator<number> {
    yield* this.#ready.priorities();
    yield* this.blocked.priorities();
  }

  *readyIds(priority: number): Generator<string> {
    for (const { id } of this.#ready.at(priority)) yield id;
  }

  /** Takes a run whose turn has come aside until `release`, or until it is looked at again at `untilMs`. */
  park(runId: string, untilMs: number | null): void {
    const live = this.#runs.get(runId);
    assert(live !== undefined && !live.isStarted, "a run is parked before it starts");
    this.#takeOut(live);
    live.job.activate(live);
    live.job.joinLine(live);
    live.place = "parked";
    live.job.parked++;
    if (untilMs !== null) this.#wheel.insert(live, untilMs);
  }

  /**
   * Takes a run whose turn has come aside until what blocks it ends, or until it is looked at again at
   * `untilMs`. One that was tried again in vain keeps its place.
   */
  block(runId: string, block: Block, untilMs: number | null): void {
    const live = this.#runs.get(runId);
    assert(live !== undefined && !live.isOut, "a run is blocked before its attempt starts");
    if (live.place !== "blocked") {
      this.#takeOut(live);
      live.job.activate(live);
      live.job.joinLine(live);
      live.place = "blocked";
      if (untilMs !== null) this.#wheel.insert(live, untilMs);
    }
    this.blocked.put(live, block);
  }

  /** The first `count` runs in a job's line are ready again, if they were parked. */
  release(jobId: string, count: number): void {
    const job = this.#byJob.get(jobId);
    if (job === undefined || job.parked === 0) return;
    for (const live of job.firstInLine(count)) if (live.place === "parked") this.#makeReady(live);
  }

  /** When a run is due next, not counting those whose time has come; undefined when none waits. */
  nextDueMs(): number | undefined {
    const [due, deadline] = [this.nextLastingMs(), this.#deadlines.nextDueMs()];
    return due === undefined || deadline === undefined
      ? (due ?? deadline)
      : Math.min(due, deadline);
  }

  /** The same without the deadlines of deliveries that this process carries. */
  nextLastingMs(): number | undefined {
    const [due, again] = [this.#wheel.nextDueMs(), this.blocked.nextDueMs()];
    return due === undefined || again === undefined ? (due ?? again) : Math.min(due, again);
  }

  #place(run: Run, isFound: boolean): void {
    const live = this.#runs.get(run.id) ?? this.#link(run, isFound);
    const { job } = live;
    const { phase } = run;
    this.#takeOut(live);
    job.leaveLine(live);
    if (job.held === live) job.held = null;
    if (isHeld(run)) job.held = live;
    job.follow(live, phase);
    if (!isForLater(run)) job.activate(live);
    const wheel = phase.state === "dispatching" ? this.#deadlines : this.#wheel;
    live.place = phase.state === "dispatching" ? "deadlines" : "wheel";
    wheel.insert(live, dueOf(phase));
  }

  #makeReady(live: LiveRun): void {
    this.#takeOut(live);
    live.job.activate(live);
    live.job.joinLine(live);
    live.place = "ready";
    this.#ready.add(live, live.priority);
  }

  #expire(live: LiveRun): void {
    live.place = "expired";
    this.#expired.add(live);
  }

  /** From wherever it waits. It stays in its job's line. */
  #takeOut(live: LiveRun): void {
    if (live.place === "wheel") this.#wheel.cancel(live);
    else if (live.place === "deadlines") this.#deadlines.cancel(live);
    else if (live.place === "ready") this.#ready.delete(live, live.priority);
    else if (live.place === "expired") this.#expired.delete(live);
    else if (live.place === "parked") {
      this.#wheel.cancel(live);
      live.job.parked--;
    } else if (live.place === "blocked") {
      this.#wheel.cancel(live);
      this.blocked.remove(live);
    }
    live.place = "nowhere";
  }

  #link(run: Run, isFound: boolean): LiveRun {
    const group = groupOf(run);
    let job = this.#byJob.get(group);
    if (job === undefined) {
      // Whose runs they are that were found at a start is not known, so all their ends are told.
      job = new JobRuns(isFound);
      this.#byJob.set(group, job);
    }
    const live = job.join(run);
    this.#runs.set(run.id, live);
    return live;
  }

  #unlink(live: LiveRun, group: string): void {
    this.#takeOut(live);
    this.#runs.delete(live.id);
    live.job.leave(live);
    if (live.job.ids.size === 0) this.#byJob.delete(group);
  }
}

/** Slices and steps count for nothing of their job: they are the runs of the run that they belong to. */
function groupOf({ trigger, jobId }: Run): string {
  if (trigger.kind === "shard") return trigger.parent;
  return trigger.kind === "workflow" ? trigger.workflowRun : jobId;
}

const NONE: ReadonlySet<string> = new Set();
const GOES_ON = { isEnd: false, isWatched: false } as const;
const END = { isEnd: true, isWatched: false } as const;
const WATCHED_END = { isEnd: true, isWatched: true } as const;

function dueOf(phase: Phase): number {
  assert("dueMs" in phase, "a run that has not ended is due at some time");
  return phase.dueMs;
}
