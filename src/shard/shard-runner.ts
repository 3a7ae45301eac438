import type { Run } from "../core/run.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { Answered, CancelNotice, Delivery, SendingRef } from "../ports/dispatcher.ts";
import type {
  Idempotency,
  ShardClient,
  ShardCommandKind,
  CommandInput,
  ShardReply,
} from "../ports/shard-client.ts";
import { CancelSender } from "./cancel-sender.ts";
import { EndsAwaited } from "./ends-awaited.ts";
import { ErrandSender } from "./errand-sender.ts";
import { HeldEffects } from "./held-effects.ts";
import { LiveTeller } from "./live-teller.ts";
import type { RunnerDeps } from "./runner-deps.ts";
import { PeerSender } from "./peer-sender.ts";
import { Peers } from "./peers.ts";
import { RecordsFlush } from "./records-flush.ts";

/** After a transaction failed: how long until the shard is tried again. */
const RECOVERY_MS = 500;
/** Calls, or answers, in one transaction. */
const GROUP_MAX = 1_000;
/** Deliveries out at once from which on answers are gathered for longer. */
const BUSY_IN_FLIGHT = 64;
/** Answers that are committed without waiting for more. */
const ANSWERS_ENOUGH = 600;
/** Answers that are committed though the disk is at work for the commit before. */
const ANSWERS_WORTH_A_COMMIT = 16;

/** What is done for a call after its transaction, the alarm being armed for what comes next. */
type Settle = (armedMs: number | null) => void;

interface Call {
  readonly run: (nowMs: number) => Settle;
  readonly reject: (error: unknown) => void;
}

/**
 * Drives one shard: gathers commands and answers into grouped transactions, sends what a tick hands out,
 * keeps the alarm at the earliest due entry, and carries the outbox to the records. All decisions are the
 * shard's; everything that waits is here.
 */
export class ShardRunner implements ShardClient {
  readonly #deps: RunnerDeps;
  /** Tells those who watch. */
  readonly live: LiveTeller;
  readonly #flush: RecordsFlush;
  readonly #ends: EndsAwaited;
  readonly #cancels: CancelSender;
  readonly #starts: PeerSender;
  readonly #errands: ErrandSender;
  /** What leaves the shard waits here until the disk has what it rests on. */
  readonly #held: HeldEffects;
  #cancelReports: (() => void) | null = null;
  #calls: Call[] = [];
  #answers: Answered[] = [];
  #cancelTurn: (() => void) | null = null;
  /** The turn under way to be had comes without a linger. */
  #turnSoon = false;
  #isDraining = false;
  #isStopped = false;
  #whenIdle: (() => void) | null = null;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
    this.#held = new HeldEffects(deps.durable, deps.lost);
    this.live = new LiveTeller(deps, this.#held);
    this.#flush = new RecordsFlush(deps, this.#held, () => this.turn());
    this.#ends = new EndsAwaited(deps.shard, deps.timers, this.#held);
    this.#cancels = new CancelSender(deps.dispatcher, (notice) => this.#confirmed(notice));
    const { shard, timers } = deps;
    const peers = new Peers(deps.peers, { shard: shard.number, client: this });
    this.#starts = new PeerSender(peers, timers, shard.number);
    this.#errands = new ErrandSender(peers, (id, isAnswered) => this.#errandOver(id, isAnswered));
  }

  /** Takes over what storage holds and begins. */
  start(): void {
    this.#deps.shard.wake(this.#deps.clock.nowMs());
    this.turn();
  }

  call<K extends ShardCommandKind>(
    kind: K,
    input: CommandInput<K>,
    idempotency: Idempotency | null = null,
  ): Promise<ShardReply<K>> {
    if (this.#isStopped) return Promise.reject(new Error("The shard has stopped."));
    return new Promise((resolve, reject) => {
      const run = (nowMs: number): Settle => {
        const reply = this.#deps.shard.command(kind, input, { nowMs, idempotency });
        return (armedMs) => resolve(this.#completed(kind, reply, armedMs));
      };
      this.#calls.push({ run, reject });
      this.#soon(0);
    });
  }

  waitForRun(runId: string, waitMs: number): Promise<Run | null> {
    return this.#ends.run(runId, waitMs);
  }

  waitForWorkflowRun(workflowRunId: string, waitMs: number): Promise<WorkflowRun | null> {
    return this.#ends.workflowRun(workflowRunId, waitMs);
  }

  /**
   * One transaction over all that has gathered, then its effects. The alarm calls this; so may anyone
   * who doubts that the alarm will: a turn without work changes nothing.
   */
  turn(): void {
    this.#cancelTurn?.();
    this.#cancelTurn = null;
    this.#turnSoon = false;
    // While the disk is at work a commit gains nothing but company, unless there is much to do.
    if (this.#held.isBusy && this.#answers.length < ANSWERS_WORTH_A_COMMIT)
      this.#held.whenSafe(() => this.#turn());
    else this.#turn();
  }

  #turn(): void {
    const { shard, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const calls = this.#calls.splice(0, GROUP_MAX);
    const answers = this.#answers.splice(0, GROUP_MAX);
    let deliveries: readonly Delivery[] = [];
    const settled: Settle[] = [];
    try {
      shard.group(nowMs, () => {
        if (answers.length > 0) shard.answers(answers, nowMs);
        for (const call of calls) settled.push(call.run(nowMs));
        if (!this.#isDraining) deliveries = shard.tick(nowMs);
      });
    } catch (error) {
      this.#recover(error, calls, answers);
      return;
    }
    const aborts = shard.takeAborts();
    const notices = shard.takeNotices(nowMs);
    const errands = this.#isDraining ? [] : shard.takeErrands(nowMs);
    const armedMs = this.#isDraining ? null : this.#arm();
    this.#held.after(() => {
      for (const settle of settled) settle(armedMs);
      this.#abort(aborts);
      for (const delivery of deliveries) this.#send(delivery);
      this.#cancels.send(notices);
      this.#errands.send(errands);
    });
    this.#report();
    this.live.tell();
    this.#afterTurn();
  }

  /**
   * Stops claiming, waits for what is out at most `waitMs`, and brings the outbox to the records. What is
   * still out then is sent again, under the same identity, by the next start.
   */
  async stop(waitMs: number): Promise<void> {
    this.#isDraining = true;
    this.#cancelReports?.();
    this.#deps.alarm.set(null, null);
    if (this.#deps.shard.inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
        this.#deps.timers.after(waitMs, resolve);
      });
    }
    this.turn();
    await this.#held.settled();
    await this.#flush.drain();
    this.#isStopped = true;
    this.#cancelTurn?.();
    this.#deps.alarm.set(null, null);
  }

  /** Deliveries of canceled runs are broken off, before others leave in their place. */
  #abort(sendings: readonly SendingRef[]): void {
    for (const sending of sendings) this.#deps.dispatcher.abort(sending);
  }

  /** Counts that nobody is in a hurry for are told later, unless the process dies before. */
  #report(): void {
    const { shard, clock, timers, reports } = this.#deps;
    const nowMs = clock.nowMs();
    for (const report of shard.takeReports(nowMs))
      reports(report.namespace, report.appKey, report.reports);
    const nextMs = shard.nextReportMs(nowMs);
    if (nextMs === undefined || this.#cancelReports !== null || this.#isDraining) return;
    this.#cancelReports = timers.after(Math.max(0, nextMs - nowMs), () => {
      this.#cancelReports = null;
      this.#report();
    });
  }

  /** A node says that it has stopped a run. What has failed by then is not tried again: a grace ends the run. */
  #confirmed(notice: CancelNotice): void {
    this.#note((nowMs) => this.#deps.shard.confirmCancel(notice, nowMs));
  }

  /** An errand was answered, or nobody could be reached: then it is sent again after a while. */
  #errandOver(errandId: string, isAnswered: boolean): void {
    const { shard } = this.#deps;
    if (isAnswered)
      this.#note(
        (nowMs) => shard.errandDone(errandId, nowMs),
        () => shard.errandFailed(errandId, this.#deps.clock.nowMs()),
      );
    else this.#note((nowMs) => shard.errandFailed(errandId, nowMs));
  }

  /** Tells the shard something in its next transaction. Nobody waits for it. */
  #note(tell: (nowMs: number) => void, reject: () => void = () => {}): void {
    const run = (nowMs: number): Settle => {
      tell(nowMs);
      return () => {};
    };
    this.#calls.push({ run, reject });
    this.#soon(0);
  }

  #send(delivery: Delivery): void {
    const { route } = delivery;
    const sent =
      route.kind === "workflow"
        ? this.#starts.send(delivery, route)
        : this.#deps.dispatcher.send(delivery);
    void sent.then((answered) => this.answer([answered]));
  }

  /** Takes answers that came another way than by the dispatcher's promise. */
  answer(answered: readonly Answered[]): void {
    this.#answers.push(...answered);
    const { shard, settings } = this.#deps;
    const isEnough = this.#answers.length >= Math.min(ANSWERS_ENOUGH, Math.max(1, shard.inFlight));
    if (isEnough) this.#soon(0);
    else
      this.#soon(shard.inFlight > BUSY_IN_FLIGHT ? settings.group.busyMs : settings.group.calmMs);
  }

  /** Adds what only the runner knows to the shard's own count. */
  #completed<K extends ShardCommandKind>(
    kind: K,
    reply: ShardReply<K>,
    armedMs: number | null,
  ): ShardReply<K> {
    if (kind !== "stats" || !reply.ok) return reply;
    const value = { ...reply.value, armedMs, isRecordsReachable: this.#flush.isReachable };
    return { ...reply, value };
  }

  #soon(ms: number): void {
    if (this.#isStopped) return;
    if (this.#turnSoon || (this.#cancelTurn !== null && ms > 0)) return;
    this.#cancelTurn?.();
    this.#turnSoon = ms === 0;
    this.#cancelTurn = this.#deps.timers.after(ms, () => this.turn());
  }

  #afterTurn(): void {
    if (this.#calls.length > 0 || this.#answers.length > 0) this.#soon(0);
    if (this.#deps.shard.inFlight === 0) this.#whenIdle?.();
    this.#flush.soon();
  }

  #arm(): number | null {
    const { shard, clock, alarm } = this.#deps;
    const nowMs = clock.nowMs();
    alarm.set(shard.nextTickMs(nowMs) ?? null, shard.nextLastingMs(nowMs) ?? null);
    return alarm.armedMs;
  }

  /** Nothing of the group was kept: each call is tried by itself. Answers stay, for they cannot be had again. */
  #recover(error: unknown, calls: readonly Call[], answers: readonly Answered[]): void {
    const { shard, clock, log, timers } = this.#deps;
    log.error("A transaction of the shard failed and was rolled back.", { error: String(error) });
    const againMs = clock.nowMs() + RECOVERY_MS;
    this.#deps.alarm.set(againMs, againMs);
    for (const call of calls) {
      try {
        const settle = shard.group(clock.nowMs(), () => call.run(clock.nowMs()));
        this.#held.after(() => settle(againMs));
      } catch (cause) {
        call.reject(cause);
      }
    }
    for (const answer of answers) {
      try {
        shard.answers([answer], clock.nowMs());
      } catch {
        this.#answers.push(answer);
      }
    }
    const aborts = shard.takeAborts();
    this.#held.after(() => this.#abort(aborts));
    this.#cancelTurn?.();
    this.#cancelTurn = timers.after(RECOVERY_MS, () => this.turn());
  }
}
