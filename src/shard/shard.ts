import { assert } from "../core/assert.ts";
import { advanceRun } from "../core/advance-run.ts";
import { Refusal } from "../core/refusal.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { Answered, Delivery, SendingRef } from "../ports/dispatcher.ts";
import type { RecordsBatch } from "../ports/records.ts";
import type {
  Idempotency,
  ShardCommandKind,
  CommandInput,
  CommandOutput,
  ShardReply,
} from "../ports/shard-client.ts";
import {
  cancelBackfillCommand,
  createBackfill,
  getBackfill,
  listBackfills,
  pauseBackfillCommand,
  resumeBackfillCommand,
} from "./backfill-commands.ts";
import { calendarImpact, jobsOfCalendar } from "./calendar-commands.ts";
import { listCopies, takeCopies } from "./directory-commands.ts";
import { settleEnded } from "./ended-runs.ts";
import { recall, remember } from "./idempotency.ts";
import { deleteJob, getJob, putJob } from "./job-commands.ts";
import { pauseJob, pauseNow, resumeJob } from "./job-pause.ts";
import type { OutboxReceipt } from "./outbox.ts";
import { callBack, cancelRun, createRun, getRun, retryRun } from "./run-commands.ts";
import { count } from "./counters.ts";
import { ShardState, type ShardDeps } from "./shard-state.ts";
import { statsOf } from "./stats.ts";
import { clampDeadline, clampDeadlines, tickShard } from "./tick.ts";
import { getTick } from "./tick-query.ts";

/** A clock that falls back by less than this is only slow. */
const STEP_BACK_MS = 1_000;

/** What each command does. Each refuses before it writes. */
const COMMANDS: {
  readonly [K in ShardCommandKind]: (
    state: ShardState,
    input: CommandInput<K>,
    nowMs: number,
  ) => CommandOutput<K>;
} = {
  "job.put": putJob,
  "job.get": getJob,
  "tick.get": getTick,
  "job.delete": deleteJob,
  "job.pause": pauseJob,
  "job.resume": resumeJob,
  "backfill.create": createBackfill,
  "backfill.list": listBackfills,
  "backfill.get": getBackfill,
  "backfill.pause": pauseBackfillCommand,
  "backfill.resume": resumeBackfillCommand,
  "backfill.cancel": cancelBackfillCommand,
  "run.create": createRun,
  "run.retry": retryRun,
  "run.get": getRun,
  "run.cancel": cancelRun,
  "run.callback": callBack,
  "directory.put": (state, { copies }, nowMs) => ({
    taken: takeCopies(state, copies, { nowMs, exceptJobId: null }),
  }),
  "directory.list": listCopies,
  "calendar.impact": calendarImpact,
  "calendar.jobs": jobsOfCalendar,
  "idempotency.claim": () => ({ claimed: true }),
  stats: statsOf,
};

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
   * carrier, so they are sent again under the same identity, or are lost when they may not be. Runs that
   * were held for the sake of such attempts need not wait for them any more.
   */
  wake(nowMs: number): void {
    this.#lastMs = nowMs;
    this.#state.inFlight.clear();
    this.#transact(nowMs, () => {
      for (const runId of this.#state.rebuild(nowMs)) {
        const run = this.#state.live.get(runId);
        if (run === undefined) continue;
        if (run.phase.state === "running") {
          clampDeadline(this.#state, run, nowMs);
          continue;
        }
        if (run.phase.state === "waiting") {
          const released = advanceRun(run, { kind: "released", nowMs });
          if (released !== run) this.#state.saveRun(released);
          continue;
        }
        const draw = this.#state.random.next();
        this.#state.saveRun(advanceRun(run, { kind: "orphaned", nowMs, draw }));
      }
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

  /** All slots are taken: what is due waits for answers. */
  get isSaturated(): boolean {
    return this.#state.slotsFree <= 0;
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
    const run = live.get(runId);
    inFlight.answered(answered, run);
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
    const reason = "The webhook answered 410 Gone.";
    try {
      pauseNow(this.#state, job, { untilMs: null, reason, nowMs });
    } catch (error) {
      // It has too many ticks to account for first. The ticks of the shard do that, and the next 410
      // pauses the job; to fail here would keep them from it.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #transact<T>(nowMs: number, work: () => T): T {
    if (this.#inTransaction) return this.#settled(nowMs, work);
    this.#inTransaction = true;
    const inFlight = this.#state.inFlight.mark();
    const lastMs = this.#lastMs;
    let value: T;
    try {
      value = this.#state.storage.transaction(() => this.#settled(nowMs, work));
    } catch (error) {
      // Storage has rolled back; memory follows. What was out stays out, but nothing that this
      // transaction handed out will ever leave.
      this.#state.inFlight.rollBack(inFlight);
      this.#lastMs = lastMs;
      this.#state.rebuild(nowMs);
      throw error;
    } finally {
      this.#inTransaction = false;
    }
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
  }
}
