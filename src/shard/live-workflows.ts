import { assert } from "../core/assert.ts";
import { isWorkflowEnded, type WorkflowRun } from "../core/workflow-run.ts";
import { WaitingLine } from "./waiting-line.ts";
import { versionKey } from "./workflow-definitions.ts";

/** A workflow run as memory holds it, whether or not its machine is there. */
export interface LiveWorkflow {
  readonly id: string;
  readonly namespace: string;
  readonly workflowId: string;
  readonly version: number;
  /** Its place in the line of those that wait. */
  readonly nominalMs: number;
  readonly steps: number;
  place: "waiting" | "started" | "ended";
  isPaused: boolean;
  /** Where its due entry is; null when it has none, undefined when that is not known yet. */
  dueMs: number | null | undefined;
}

/** The workflow runs of one workflow that the shard holds. */
interface Siblings {
  readonly ids: Set<string>;
  readonly waiting: WaitingLine<LiveWorkflow>;
  started: number;
}

/**
 * The workflow runs of the shard, as far as they stand in each other's way: which have started, which wait for
 * their turn, and how many use each version. It follows from the stored rows.
 */
export class LiveWorkflows {
  readonly #runs = new Map<string, LiveWorkflow>();
  readonly #siblings = new Map<string, Siblings>();
  /** Runs by the version that they are pinned to, ended ones among them. */
  readonly #uses = new Map<string, number>();
  /** Workflows one of whose runs may begin now. */
  readonly #freed = new Set<string>();
  /** Versions that no run uses any more, as long as it is not decided what becomes of them. */
  readonly #unused = new Map<string, { readonly workflowId: string; readonly version: number }>();
  #live = 0;
  #steps = 0;

  clear(): void {
    for (const memory of [this.#runs, this.#siblings, this.#uses, this.#unused]) memory.clear();
    this.#freed.clear();
    this.#live = 0;
    this.#steps = 0;
  }

  /** Workflow runs that have not ended. */
  get size(): number {
    return this.#live;
  }

  /** Steps of these together. */
  get steps(): number {
    return this.#steps;
  }

  get(workflowRunId: string): LiveWorkflow | undefined {
    return this.#runs.get(workflowRunId);
  }

  ids(): Iterable<string> {
    return this.#runs.keys();
  }

  /** Runs of a workflow that have not ended. */
  liveOf(workflowId: string): readonly LiveWorkflow[] {
    return [...(this.#siblings.get(workflowId)?.ids ?? [])]
      .map((id) => this.#runs.get(id))
      .filter((live) => live !== undefined);
  }

  countOf(workflowId: string): number {
    return this.#siblings.get(workflowId)?.ids.size ?? 0;
  }

  /** How many of its runs come before a new one: those that have started, and those in line. */
  before(workflowId: string): number {
    const siblings = this.#siblings.get(workflowId);
    return siblings === undefined ? 0 : siblings.started + siblings.waiting.size;
  }

  /** Those that are to begin when so many of the workflow may have started at once. Paused ones wait on. */
  next(workflowId: string, limit: number): LiveWorkflow | undefined {
    const siblings = this.#siblings.get(workflowId);
    if (siblings === undefined || siblings.started >= limit) return undefined;
    const { waiting } = siblings;
    const { head } = waiting;
    if (head === undefined || !head.isPaused) return head;
    return waiting.first(waiting.size).find(({ isPaused }) => !isPaused);
  }

  isUsed(workflowId: string, version: number): boolean {
    return this.#uses.has(versionKey(workflowId, version));
  }

  /** Workflows that have more room than before: each is told once. */
  takeFreed(): readonly string[] {
    if (this.#freed.size === 0) return [];
    const freed = [...this.#freed];
    this.#freed.clear();
    return freed;
  }

  /** Versions that no run uses since the last call. */
  takeUnused(): readonly { readonly workflowId: string; readonly version: number }[] {
    if (this.#unused.size === 0) return [];
    const unused = [...this.#unused.values()].filter(
      ({ workflowId, version }) => !this.isUsed(workflowId, version),
    );
    this.#unused.clear();
    return unused;
  }

  /** Its limits have changed: some that wait may begin. */
  free(workflowId: string): void {
    this.#freed.add(workflowId);
  }

  /** Follows what a start finds. */
  index(run: WorkflowRun): void {
    this.follow(run);
    const live = this.#runs.get(run.id);
    if (live?.place === "started") live.dueMs = undefined;
  }

  /** Follows a write of a workflow run. True when it has just ended. */
  follow(run: WorkflowRun): boolean {
    const live = this.#runs.get(run.id) ?? this.#add(run);
    const wasPaused = live.isPaused;
    live.isPaused = run.pausedMs !== null;
    if (wasPaused && !live.isPaused) this.#freed.add(live.workflowId);
    const from = live.place;
    const to = placeOf(run);
    if (from === to) return false;
    this.#leave(live);
    live.place = to;
    this.#join(live);
    return to === "ended";
  }

  /** Follows a deletion: it has left for the records. */
  remove(workflowRunId: string): void {
    const live = this.#runs.get(workflowRunId);
    if (live === undefined) return;
    assert(live.place === "ended", "only ended workflow runs leave the shard");
    this.#runs.delete(workflowRunId);
    const { workflowId, version } = live;
    const key = versionKey(workflowId, version);
    const left = (this.#uses.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#uses.set(key, left);
      return;
    }
    this.#uses.delete(key);
    this.#unused.set(key, { workflowId, version });
  }

  #add(run: WorkflowRun): LiveWorkflow {
    const live: LiveWorkflow = {
      id: run.id,
      namespace: run.namespace,
      workflowId: run.workflowId,
      version: run.workflowVersion,
      nominalMs: run.createdMs,
      steps: run.counts.total,
      place: "ended",
      isPaused: run.pausedMs !== null,
      dueMs: null,
    };
    this.#runs.set(run.id, live);
    const key = versionKey(live.workflowId, live.version);
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
    return live;
  }

  #join(live: LiveWorkflow): void {
    if (live.place === "ended") return;
    const siblings = this.#siblings.get(live.workflowId) ?? {
      ids: new Set(),
      waiting: new WaitingLine(),
      started: 0,
    };
    this.#siblings.set(live.workflowId, siblings);
    siblings.ids.add(live.id);
    if (live.place === "waiting") siblings.waiting.add(live);
    else siblings.started++;
    this.#live++;
    this.#steps += live.steps;
  }

  #leave(live: LiveWorkflow): void {
    if (live.place === "ended") return;
    const siblings = this.#siblings.get(live.workflowId);
    assert(siblings !== undefined, "who has not ended is among its siblings");
    siblings.ids.delete(live.id);
    if (live.place === "waiting") siblings.waiting.remove(live);
    else siblings.started--;
    if (siblings.ids.size === 0) this.#siblings.delete(live.workflowId);
    this.#freed.add(live.workflowId);
    this.#live--;
    this.#steps -= live.steps;
  }
}

function placeOf({ phase }: WorkflowRun): LiveWorkflow["place"] {
  if (phase.state === "waiting") return "waiting";
  return isWorkflowEnded(phase) ? "ended" : "started";
}
