import { assert, unreachable } from "../core/assert.ts";
import { advanceRun } from "../core/advance-run.ts";
import { Refusal } from "../core/refusal.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { Answered, Delivery } from "../ports/dispatcher.ts";
import type { RecordsBatch } from "../ports/records.ts";
import type {
  Idempotency,
  ShardCommand,
  ShardCommandKind,
  ShardCommands,
  ShardReply,
} from "../ports/shard-client.ts";
import { sendingOf } from "./attempts.ts";
import { listCopies, takeCopies } from "./directory-commands.ts";
import { recall, remember } from "./idempotency.ts";
import { deleteJob, getJob, pauseJob, pauseNow, putJob, resumeJob } from "./job-commands.ts";
import type { OutboxReceipt } from "./outbox.ts";
import { callBack, cancelRun, createRun, getRun, retryRun } from "./run-commands.ts";
import { count, ShardState, type ShardDeps } from "./shard-state.ts";
import { statsOf } from "./stats.ts";
import { clampDeadlines, tickShard } from "./tick.ts";

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

  constructor(deps: ShardDeps) {
    assert(deps.limits.slots > 0, "a shard must be able to make progress");
    this.#state = new ShardState(deps);
  }

  /**
   * Takes over what storage holds: the first call after a start. Attempts that were out have lost their
   * carrier, so they are sent again under the same identity, or are lost when they may not be.
   */
  wake(nowMs: number): void {
    this.#lastMs = nowMs;
    this.#state.inFlight.clear();
    this.#transact(nowMs, () => {
      for (const runId of this.#state.rebuild(nowMs)) {
        const run = this.#state.live.get(runId);
        const draw = this.#state.random.next();
        if (run !== undefined)
          this.#state.saveRun(advanceRun(run, { kind: "orphaned", nowMs, draw }));
      }
    });
  }

  /** Does one command. A refusal is an answer, and has changed nothing. */
  command<K extends ShardCommandKind>(
    kind: K,
    input: ShardCommands[K]["input"],
    at: { readonly nowMs: number; readonly idempotency: Idempotency | null },
  ): ShardReply<K> {
    const { nowMs, idempotency } = at;
    return this.#transact(nowMs, () => {
      const writesBefore = this.#state.writes;
      try {
        const earlier = idempotency === null ? undefined : recall(this.#state, kind, idempotency);
        if (earlier !== undefined) return { ok: true, value: earlier, isReplay: true };
        // The pair of kind and input is correlated by the signature, which the union cannot say.
        const value = this.#do(
          { kind, input } as ShardCommand,
          nowMs,
        ) as ShardCommands[K]["output"];
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

  /** Takes the answers of deliveries, in one transaction. Stale ones change nothing. */
  answers(answered: readonly Answered[], nowMs: number): void {
    this.#transact(nowMs, () => {
      for (const answer of answered) this.#answer(answer, nowMs);
    });
  }

  /** Runs several calls of this shard as one transaction: they are kept together or not at all. */
  group<T>(nowMs: number, work: () => T): T {
    return this.#transact(nowMs, work);
  }

  /** The next rows for the records; undefined when they have everything. */
  takeOutbox(): { readonly batch: RecordsBatch; readonly receipt: OutboxReceipt } | undefined {
    const { outbox, live, limits } = this.#state;
    return outbox.take(limits.flushRowsMax, (runId) => live.get(runId));
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
    });
  }

  /**
   * When `tick` must be called next; undefined when nothing waits. What is ready or overdue but found no
   * slot does not count: the completion that frees a slot brings it on.
   */
  nextTickMs(nowMs: number): number | undefined {
    const { live, near, slotsFree } = this.#state;
    const hasWork = live.ready > 0 || (near.overdue > 0 && this.#state.hasRoom());
    if (hasWork && slotsFree > 0) return nowMs;
    const candidates = [live.nextDueMs(), near.nextDueMs()].filter((ms) => ms !== undefined);
    return candidates.length === 0 ? undefined : Math.min(...candidates);
  }

  get inFlight(): number {
    return this.#state.inFlight.size;
  }

  /** Rows that the records do not have yet. */
  get outboxSize(): number {
    return this.#state.outbox.size;
  }

  run(runId: string): Run | undefined {
    return this.#state.live.get(runId);
  }

  #answer(answered: Answered, nowMs: number): void {
    const { live, inFlight, outbox } = this.#state;
    const { runId, attempt, send, answer, status, phases } = answered;
    if (inFlight.get(runId) === sendingOf(answered)) inFlight.delete(runId);
    const run = live.get(runId);
    if (run === undefined) return;
    // An ended run was held back for this answer; now it may leave.
    if (isEnded(run.phase)) outbox.noteRun(runId);
    const draw = this.#state.random.next();
    const advanced = advanceRun(run, {
      kind: "answered",
      nowMs,
      attempt,
      send,
      answer,
      status,
      phases,
      draw,
    });
    if (advanced === run) return;
    this.#state.saveRun(advanced);
    if (answer.kind === "failed" && answer.gone) this.#pauseGone(run, nowMs);
  }

  /** 410 from a webhook: whoever owned the address is gone, so the job stops calling it. */
  #pauseGone(run: Run, nowMs: number): void {
    const job = this.#state.job(run.jobId);
    if (job === undefined || job.state !== "active") return;
    pauseNow(this.#state, job, {
      untilMs: null,
      reason: "The webhook answered 410 Gone.",
      nowMs,
    });
  }

  #do(command: ShardCommand, nowMs: number): ShardCommands[ShardCommandKind]["output"] {
    const state = this.#state;
    switch (command.kind) {
      case "job.put":
        return putJob(state, command.input, nowMs);
      case "job.get":
        return getJob(state, command.input, nowMs);
      case "job.delete":
        return deleteJob(state, command.input, nowMs);
      case "job.pause":
        return pauseJob(state, command.input, nowMs);
      case "job.resume":
        return resumeJob(state, command.input, nowMs);
      case "run.create":
        return createRun(state, command.input, nowMs);
      case "run.retry":
        return retryRun(state, command.input, nowMs);
      case "run.get":
        return getRun(state, command.input);
      case "run.cancel":
        return cancelRun(state, command.input, nowMs);
      case "run.callback":
        return callBack(state, command.input, nowMs);
      case "directory.put":
        return { taken: takeCopies(state, command.input.copies) };
      case "directory.list":
        return listCopies(state);
      case "idempotency.claim":
        return { claimed: true };
      case "stats":
        return statsOf(state, this.nextTickMs(nowMs) ?? null);
      default:
        return unreachable(command);
    }
  }

  #transact<T>(nowMs: number, work: () => T): T {
    if (this.#inTransaction) return work();
    this.#inTransaction = true;
    const inFlight = [...this.#state.inFlight];
    let value: T;
    try {
      value = this.#state.storage.transaction(work);
    } catch (error) {
      // Storage has rolled back; memory follows. What was out stays out, but nothing that this
      // transaction handed out will ever leave.
      this.#state.inFlight = new Map(inFlight);
      this.#state.rebuild(nowMs);
      throw error;
    } finally {
      this.#inTransaction = false;
    }
    this.#announceEnded();
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
  }
}
