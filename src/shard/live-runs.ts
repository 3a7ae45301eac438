import { BoundedMap } from "../core/bounded-map.ts";
import { assert } from "../core/assert.ts";
import { isEnded, type Run } from "../core/run.ts";
import { TimingWheel } from "../core/wheel.ts";
import type { ShardStorage } from "../ports/shard-storage.ts";
import type { ShardLimits } from "./limits.ts";

/**
 * The runs of the shard as memory holds them: when each is due, how many each job has, which are ready to
 * start. Bodies are kept for the newest; all of it can be rebuilt from storage.
 */
export class LiveRuns {
  readonly #storage: ShardStorage;
  readonly #wheel = new TimingWheel<string>();
  /** Deadlines of deliveries that are out, apart: whoever carries them reports long before. */
  readonly #deadlines = new TimingWheel<string>();
  readonly #jobOf = new Map<string, string>();
  readonly #byJob = new Map<string, Set<string>>();
  /** Runs that stand in the way of another run of their job: all live ones but those that wait for a later time. */
  readonly #active = new Map<string, number>();
  readonly #isActive = new Set<string>();
  /** Runs whose attempt is out: their due time is a deadline. */
  readonly #isOut = new Set<string>();
  /** Runs whose time to start has come, in the order it came. */
  readonly #ready = new Set<string>();
  /** Runs whose deadline has passed. They need no slot, so they never queue behind those that do. */
  readonly #expired = new Set<string>();
  readonly #bodies: BoundedMap<string, Run>;

  constructor(storage: ShardStorage, limits: ShardLimits) {
    this.#storage = storage;
    this.#bodies = new BoundedMap(limits.runCacheMax);
  }

  clear(): void {
    this.#wheel.clear();
    this.#deadlines.clear();
    this.#jobOf.clear();
    this.#byJob.clear();
    this.#active.clear();
    this.#isActive.clear();
    this.#isOut.clear();
    this.#ready.clear();
    this.#expired.clear();
    this.#bodies.clear();
  }

  get size(): number {
    return this.#jobOf.size;
  }

  get(runId: string): Run | undefined {
    const cached = this.#bodies.get(runId);
    if (cached !== undefined) return cached;
    const stored = this.#storage.getRun(runId);
    if (stored !== undefined) this.#bodies.set(runId, stored);
    return stored;
  }

  liveOf(jobId: string): ReadonlySet<string> {
    return this.#byJob.get(jobId) ?? NONE;
  }

  /** How many runs of a job count for its overlap policy. */
  activeOf(jobId: string): number {
    return this.#active.get(jobId) ?? 0;
  }

  ids(): Iterable<string> {
    return this.#jobOf.keys();
  }

  /** Follows a write of the run: its state and due time are now these. */
  put(run: Run): void {
    this.#bodies.set(run.id, run);
    this.index(run);
  }

  /** The same without keeping the body: for the scan at the start. */
  index(run: Run): void {
    const { id, jobId, phase } = run;
    this.#wheel.cancel(id);
    this.#deadlines.cancel(id);
    this.#ready.delete(id);
    this.#expired.delete(id);
    this.#isOut.delete(id);
    if (isEnded(phase)) {
      this.#unlink(id);
      return;
    }
    this.#link(id, jobId);
    if (phase.state !== "waiting" || phase.dueMs <= run.createdMs) this.#activate(id, jobId);
    if (phase.state === "dispatching" || phase.state === "running") this.#isOut.add(id);
    const wheel = phase.state === "dispatching" ? this.#deadlines : this.#wheel;
    wheel.insert(id, phase.dueMs);
  }

  /** Follows a deletion. */
  remove(runId: string): void {
    assert(!this.#jobOf.has(runId), "only ended runs leave the shard");
    this.#bodies.delete(runId);
  }

  advance(nowMs: number): void {
    for (const runId of this.#deadlines.advance(nowMs)) this.#expired.add(runId);
    for (const runId of this.#wheel.advance(nowMs))
      (this.#isOut.has(runId) ? this.#expired : this.#ready).add(runId);
  }

  get expired(): number {
    return this.#expired.size;
  }

  expiredIds(): Iterable<string> {
    return this.#expired;
  }

  get ready(): number {
    return this.#ready.size;
  }

  readyIds(): Iterable<string> {
    return this.#ready;
  }

  /** When a run is due next, not counting those whose time has come; undefined when none waits. */
  nextDueMs(): number | undefined {
    const [due, deadline] = [this.#wheel.nextDueMs(), this.#deadlines.nextDueMs()];
    return due === undefined || deadline === undefined
      ? (due ?? deadline)
      : Math.min(due, deadline);
  }

  /** The same without the deadlines of deliveries that this process carries. */
  nextLastingMs(): number | undefined {
    return this.#wheel.nextDueMs();
  }

  #link(runId: string, jobId: string): void {
    if (this.#jobOf.has(runId)) return;
    this.#jobOf.set(runId, jobId);
    const siblings = this.#byJob.get(jobId);
    if (siblings === undefined) this.#byJob.set(jobId, new Set([runId]));
    else siblings.add(runId);
  }

  #activate(runId: string, jobId: string): void {
    if (this.#isActive.has(runId)) return;
    this.#isActive.add(runId);
    this.#active.set(jobId, this.activeOf(jobId) + 1);
  }

  #unlink(runId: string): void {
    const jobId = this.#jobOf.get(runId);
    if (jobId === undefined) return;
    this.#jobOf.delete(runId);
    if (this.#isActive.delete(runId)) {
      const left = this.activeOf(jobId) - 1;
      if (left === 0) this.#active.delete(jobId);
      else this.#active.set(jobId, left);
    }
    const siblings = this.#byJob.get(jobId);
    siblings?.delete(runId);
    if (siblings?.size === 0) this.#byJob.delete(jobId);
  }
}

const NONE: ReadonlySet<string> = new Set();
