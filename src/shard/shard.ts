import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type { Run } from "../core/run.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { Answered, CancelNotice, Delivery, SendingRef } from "../ports/dispatcher.ts";
import type { RecordsBatch } from "../ports/records.ts";
import type {
  Idempotency,
  ShardCommandKind,
  CommandInput,
  ShardReply,
} from "../ports/shard-client.ts";
import type { Errand } from "../ports/shard-storage.ts";
import { clampDeadlines } from "./clamp-deadlines.ts";
import { COMMANDS } from "./commands.ts";
import { count } from "./counters.ts";
import { settleEnded } from "./ended-runs.ts";
import { recall, remember } from "./idempotency.ts";
import { settleAllLostNodes } from "./lost-nodes.ts";
import type { LiveNote } from "./live-notes.ts";
import type { ExecutorReport } from "./node-reports.ts";
import type { OutboxReceipt } from "./outbox.ts";
import { rebuild } from "./rebuild.ts";
import { confirmCancel } from "./run-cancel.ts";
import { leaveWorkflowRuns } from "./leaving-workflows.ts";
import { dropUnusedVersion } from "./settle-workflows.ts";
import { ShardState, type ShardDeps } from "./shard-state.ts";
import { takeAnswer } from "./take-answer.ts";
import { tickShard } from "./tick.ts";
import { wakeRun } from "./wake-run.ts";

/** A clock that falls back by less than this is only slow. */
const STEP_BACK_MS = 1_000;

/**
 * One shard: the single writer of its jobs and their runs. Every method is one synchronous transaction
 * that decides everything; sending happens after it returns. When a transaction throws, storage rolls
 * back and the memory that mirrors it is read anew, so the two cannot drift apart.
 */
export class Shard {
  readonly #state: ShardState;
  #inTransaction = false;
  #lastMs = 0;
  /** Told of each run that has ended, after the commit. */
  onRunEnded: (run: Run) => void = () => {};
  /** The same for workflow runs. */
  onWorkflowRunEnded: (run: WorkflowRun) => void = () => {};

  constructor(deps: ShardDeps) {
    assert(deps.limits.slots > 0, "a shard must be able to make progress");
    this.#state = new ShardState(deps);
  }

  /** Takes over what storage holds: the first call after a start. */
  wake(nowMs: number): void {
    this.#lastMs = nowMs;
    this.#state.inFlight.clear();
    this.#transact(nowMs, () => {
      for (const runId of rebuild(this.#state, nowMs)) {
        const run = this.#state.live.get(runId);
        if (run !== undefined) wakeRun(this.#state, run, nowMs);
      }
      settleAllLostNodes(this.#state, nowMs);
    });
  }

  /** Does one command. A refusal is an answer, and has changed nothing. */
  command<K extends ShardCommandKind>(
    kind: K,
    input: CommandInput<K>,
    at: { readonly nowMs: number; readonly idempotency: Idempotency | null },
  ): ShardReply<K> {
    const { nowMs, idempotency } = at;
    return this.#transact(nowMs, () => {
      const writesBefore = this.#state.writes;
      try {
        const earlier = idempotency === null ? undefined : recall(this.#state, kind, idempotency);
        if (earlier !== undefined) return { ok: true, value: earlier, isReplay: true };
        const value = COMMANDS[kind](this.#state, input, nowMs);
        if (idempotency !== null) remember(this.#state, { kind, idempotency, value, nowMs });
        return { ok: true, value, isReplay: false };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        assert(this.#state.writes === writesBefore, `a refusal wrote: ${error.message}`);
        return { ok: false, refusal: error.data };
      }
    });
  }

  /** Brings due things on, and returns what must now be sent: every delivery's intent is stored. */
  tick(nowMs: number): readonly Delivery[] {
    return this.#transact(nowMs, () => {
      if (nowMs < this.#lastMs - STEP_BACK_MS) clampDeadlines(this.#state, nowMs);
      this.#lastMs = nowMs;
      return tickShard(this.#state, nowMs);
    });
  }

  /** Deliveries of canceled runs: the shell breaks them off, before it sends what `tick` returned. */
  takeAborts(): readonly SendingRef[] {
    return this.#state.inFlight.takeAborts();
  }

  /** Nodes that are to be told of a cancel, each once; not part of what must survive. */
  takeNotices(nowMs: number): readonly CancelNotice[] {
    return this.#state.notices.take(this.#state.executors, nowMs);
  }

  /** A node has answered such a notice: the attempt is not under way there any more. */
  confirmCancel(notice: Pick<CancelNotice, "runId" | "attempt">, nowMs: number): void {
    this.#transact(nowMs, () => confirmCancel(this.#state, notice, nowMs));
  }

  /** What the keepers of executors are to be told of their nodes: each is told once, after the commit. */
  takeReports(nowMs: number): readonly ExecutorReport[] {
    return this.#state.reports.take(nowMs);
  }

  /** When `takeReports` has more to tell; undefined when nothing waits. No alarm is worth it. */
  nextReportMs(nowMs: number): number | undefined {
    return this.#state.reports.nextMs(nowMs);
  }

  /** Says which namespaces somebody watches: their rows are noted. */
  watch(isWatched: (namespace: string) => boolean): void {
    this.#state.liveNotes.isWatched = isWatched;
  }

  /** Rows of such namespaces, as committed since the last call: each is told once. */
  takeLiveNotes(): readonly LiveNote[] {
    return this.#state.liveNotes.take();
  }

  /** Takes the answers of deliveries, in one transaction. Stale ones change nothing. */
  answers(answered: readonly Answered[], nowMs: number): void {
    this.#transact(nowMs, () => {
      for (const answer of answered) takeAnswer(this.#state, answer, nowMs);
    });
  }

  /** Runs several calls of this shard as one transaction: they are kept together or not at all. */
  group<T>(nowMs: number, work: () => T): T {
    return this.#transact(nowMs, work);
  }

  /** The next rows for the records; undefined when they have everything. */
  takeOutbox(): { readonly batch: RecordsBatch; readonly receipt: OutboxReceipt } | undefined {
    const { outbox, live, limits } = this.#state;
    return outbox.take(limits.flushRowsMax, {
      jobOf: (jobId) => this.#state.job(jobId),
      runOf: (runId) => live.get(runId),
    });
  }

  /** The records have these rows. */
  acknowledgeOutbox(receipt: OutboxReceipt, nowMs: number): void {
    this.#transact(nowMs, () => {
      const { outbox, live, inFlight } = this.#state;
      const left = outbox.acknowledge(
        receipt,
        (runId) => live.get(runId),
        (runId) => inFlight.has(runId),
      );
      for (const runId of left) live.remove(runId);
      for (const { workflowId, version, tombstone } of receipt.workflows.workflows)
        if (tombstone === null) dropUnusedVersion(this.#state, workflowId, version);
      leaveWorkflowRuns(this.#state, nowMs);
    });
  }

  /**
   * When `tick` must be called next; undefined when nothing waits. What is ready or overdue but found no
   * slot does not count: the completion that frees a slot brings it on.
   */
  nextTickMs(nowMs: number): number | undefined {
    return this.#state.nextTickMs(nowMs);
  }

  /** The part of `nextTickMs` that must outlive this process. */
  nextLastingMs(nowMs: number): number | undefined {
    return this.#state.nextLastingMs(nowMs);
  }

  /** Three quarters of the slots are taken, which is what one host may have of them: a herd is under way. */
  get isSaturated(): boolean {
    const { slotsFree, limits } = this.#state;
    return slotsFree <= Math.ceil(limits.slots / 4);
  }

  get inFlight(): number {
    return this.#state.inFlight.size;
  }

  /** Rows that the records do not have yet. */
  get outboxSize(): number {
    return this.#state.outbox.size;
  }

  /** Whose shard it is. */
  get number(): number {
    return this.#state.shard;
  }

  run(runId: string): Run | undefined {
    return this.#state.live.get(runId);
  }

  workflowRun(workflowRunId: string): WorkflowRun | undefined {
    return this.#state.workflows.run(workflowRunId);
  }

  /** The commands to other shards that are to be sent now. Each is out until it is answered or put off. */
  takeErrands(nowMs: number): readonly Errand[] {
    return this.#state.workflows.errands.take(nowMs);
  }

  /** Whoever it was for has answered, be it with a refusal. */
  errandDone(errandId: string, nowMs: number): void {
    this.#transact(nowMs, () => this.#state.paid(errandId));
  }

  /** Nobody has answered. */
  errandFailed(errandId: string, nowMs: number): void {
    this.#state.workflows.errands.putOff(errandId, nowMs);
  }

  #transact<T>(nowMs: number, work: () => T): T {
    if (this.#inTransaction) return this.#settled(nowMs, work);
    this.#inTransaction = true;
    this.#state.inFlight.mark();
    const notices = this.#state.notices.count;
    const lastMs = this.#lastMs;
    let value: T;
    try {
      value = this.#state.storage.transaction(() => this.#settled(nowMs, work));
    } catch (error) {
      // Storage has rolled back; memory follows. What was out stays out, but nothing that this
      // transaction handed out will ever leave.
      this.#state.inFlight.rollBack();
      this.#state.notices.rollBack(notices);
      this.#state.reports.discard();
      this.#state.liveNotes.discard();
      this.#lastMs = lastMs;
      rebuild(this.#state, nowMs);
      throw error;
    } finally {
      this.#inTransaction = false;
    }
    this.#state.reports.keep();
    this.#state.liveNotes.keep();
    this.#state.workflows.committed();
    this.#announceEnded();
    return value;
  }

  #settled<T>(nowMs: number, work: () => T): T {
    const value = work();
    settleEnded(this.#state, nowMs);
    return value;
  }

  #announceEnded(): void {
    const { justEnded, live, counters } = this.#state;
    for (const runId of justEnded.splice(0)) {
      const run = live.get(runId);
      if (run === undefined) continue;
      count(counters.runsEnded, run.phase.state);
      this.onRunEnded(run);
    }
    for (const run of this.#state.workflows.justEnded.splice(0)) {
      count(counters.workflowRunsEnded, run.phase.state);
      this.onWorkflowRunEnded(run);
    }
  }
}
