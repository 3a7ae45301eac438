import type { Answered, CancelNotice } from "../../src/ports/dispatcher.ts";
import type { ShardCommandKind } from "../../src/ports/shard-client.ts";
import { Shard } from "../../src/shard/shard.ts";
import { Dice } from "../support/prng.ts";
import { clamp, heard, hears } from "./heard.ts";
import { HostAlarm } from "./host-alarm.ts";
import type { HostDeps } from "./host-deps.ts";
import { HostCourier } from "./host-courier.ts";
import { HostFlush } from "./host-flush.ts";
import {
  HostInbox,
  NOTHING,
  outcome,
  type ErrandNote,
  type Gathered,
  type HostCall,
} from "./host-inbox.ts";
import { HostPeers, tellErrand } from "./host-peers.ts";
import { asViolation, type Scene } from "./scene.ts";
import { seededIds } from "./seeded-ids.ts";
import { Crash, StorageFault, watchStorage, type WatchedStorage } from "./watched-storage.ts";

/** After a transaction failed: how long until the shard is tried again. */
const RECOVERY_MS = 500;

/**
 * The process around one shard, with the duties that the production runner has: it gathers calls and
 * answers into one transaction, lets deliveries leave after the commit, keeps the alarm and the flush.
 * It dies where its options say, and starts anew on the same storage.
 */
export class ShardHost {
  readonly deps: HostDeps;
  readonly #scene: Scene;
  readonly #dice: Dice;
  readonly #storage: WatchedStorage;
  readonly #alarm: HostAlarm;
  readonly #flush: HostFlush;
  readonly #courier: HostCourier;
  readonly #peers: HostPeers;
  #shard: Shard | undefined;
  #life = 0;
  readonly #inbox = new HostInbox();
  #isTurnPlanned = false;
  #offsetMs = 0;
  #txNowMs = 0;

  constructor(deps: HostDeps) {
    this.deps = deps;
    this.#scene = deps.scene;
    this.#dice = deps.scene.dice(`host ${deps.shard}`);
    const { history, shard } = deps;
    this.#storage = watchStorage(deps.storage, (changes) =>
      history.committed({ shard, nowMs: this.#txNowMs, changes }),
    );
    this.#alarm = new HostAlarm(deps.scene, this);
    this.#flush = new HostFlush(deps, this);
    this.#peers = new HostPeers(deps, this);
    this.#courier = new HostCourier({ ...deps, starts: this.#peers }, this);
  }

  /** What the shard's own clock shows. */
  get nowMs(): number {
    return this.#scene.agenda.nowMs + this.#offsetMs;
  }

  /** The shard of the process that lives now; undefined while it is down. */
  get shard(): Shard | undefined {
    return this.#shard;
  }

  get isUp(): boolean {
    return this.#shard !== undefined;
  }

  /** Counts its processes. */
  get life(): number {
    return this.#life;
  }

  get alarm(): HostAlarm {
    return this.#alarm;
  }

  stepClock(ms: number): void {
    this.#offsetMs += ms;
    clamp(this.deps.history, this);
    this.#scene.note(`shard ${this.deps.shard}: its clock steps by ${ms} ms`);
    this.#scene.reach(ms < 0 ? "fault: clock back" : "fault: clock forward");
    this.#alarm.doubt();
  }

  /** Starts a process on what storage holds. */
  boot(): void {
    if (this.#shard !== undefined) return;
    const { shard, history } = this.deps;
    const { options, faults, agenda } = this.#scene;
    const random = new Dice(options.seed, `shard ${shard} life ${this.#life}`);
    const ids = seededIds(new Dice(options.seed, `ids ${shard} life ${this.#life}`));
    const { limits } = options;
    const next = new Shard({ shard, storage: this.#storage.storage, random, ids, limits });
    this.#scene.note(`shard ${shard}: starts`);
    try {
      if (this.#dice.chance(faults.writeError)) this.#storage.arm({ kind: "write", nth: 1 });
      this.#transact(() => next.wake(this.nowMs));
    } catch (error) {
      if (!(error instanceof StorageFault)) throw error;
      this.#scene.reach("fault: wake fails");
      agenda.after(1_000, () => this.boot());
      return;
    } finally {
      this.#storage.arm({ kind: "none" });
    }
    this.#shard = next;
    history.woke(this);
    this.turn();
  }

  /** The process dies: what is in memory is gone, and so is what it carried. */
  crash(why: string): void {
    if (this.#shard === undefined) return;
    this.#scene.note(`shard ${this.deps.shard}: dies ${why}`);
    this.#scene.reach(`fault: crash ${why}`);
    const { faults, agenda } = this.#scene;
    this.#shard = undefined;
    this.#life++;
    this.#alarm.set(null);
    this.#flush.stop();
    this.deps.history.died(this.deps.shard);
    for (const call of this.#inbox.lose()) call.done(undefined);
    const isLong = this.#dice.chance(0.2);
    agenda.after(isLong ? faults.downMsMax : this.#dice.int(10, 2_000), () => this.boot());
  }

  call<K extends ShardCommandKind>(call: HostCall<K>): void {
    if (this.#shard === undefined) {
      call.done(undefined);
      return;
    }
    this.#inbox.addCall(call);
    this.turnSoon();
  }

  /** An answer comes in: the shard hears it in its next transaction. */
  take(answered: Answered): void {
    this.#inbox.addAnswer(answered);
    this.turnSoon();
  }

  /** A node has stopped what it was to stop. */
  confirm(notice: CancelNotice): void {
    this.#inbox.addConfirmed(notice);
    this.turnSoon();
  }

  noteErrand(note: ErrandNote): void {
    const { history, shard } = this.deps;
    if (note.isAnswered) history.errands.answered.add(`${shard} ${note.id}`);
    this.#inbox.addErrand(note);
    this.turnSoon();
  }

  turnSoon(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    this.#scene.agenda.after(0, () => {
      this.#isTurnPlanned = false;
      this.turn();
    });
  }

  /** One transaction over all that has gathered, then its effects. */
  turn(): void {
    const shard = this.#shard;
    if (shard === undefined) return;
    const nowMs = this.nowMs;
    const gathered = this.#inbox.take();
    const { calls, answers } = gathered;
    const effects: (() => void)[] = [];
    hears(this.deps.history, this, answers);
    this.#armFault();
    try {
      this.#transact(() =>
        shard.group(nowMs, () => {
          if (answers.length > 0) shard.answers(answers, nowMs);
          for (const notice of gathered.confirmed) shard.confirmCancel(notice, nowMs);
          for (const note of gathered.errands) tellErrand(shard, note, nowMs);
          for (const call of calls) effects.push(this.#run(shard, call, nowMs));
          for (const delivery of shard.tick(nowMs))
            effects.push(() => this.#courier.send(delivery));
        }),
      );
    } catch (error) {
      this.#fail(error, gathered);
      return;
    } finally {
      this.#storage.arm({ kind: "none" });
    }
    heard(this.deps.history, this, answers);
    const aborts = shard.takeAborts().map((sending) => () => this.#courier.abort(sending));
    for (const notice of shard.takeNotices(nowMs)) effects.push(() => this.#courier.cancel(notice));
    for (const errand of shard.takeErrands(nowMs)) effects.push(() => this.#peers.errand(errand));
    this.#afterCommit(aborts, effects, calls);
  }

  /** A transaction of the flush, which may fail like any other. */
  acknowledge(work: (shard: Shard) => void): void {
    const shard = this.#shard;
    if (shard === undefined) return;
    this.#armFault();
    try {
      this.#transact(() => work(shard));
    } catch (error) {
      this.#fail(error, NOTHING);
    } finally {
      this.#storage.arm({ kind: "none" });
    }
  }

  #transact(work: () => void): void {
    this.#txNowMs = this.nowMs;
    work();
  }

  #armFault(): void {
    const { faults } = this.#scene;
    const dice = this.#dice;
    if (dice.chance(faults.crashBeforeCommit))
      this.#storage.arm({ kind: "crash", nth: dice.int(1, 6) });
    else if (dice.chance(faults.writeError))
      this.#storage.arm({ kind: "write", nth: dice.int(1, 6) });
  }

  #run(shard: Shard, call: HostCall, nowMs: number): () => void {
    const { kind, input, idempotency, done } = call;
    const { history } = this.deps;
    const about = "runId" in input ? input.runId : undefined;
    const before = about === undefined ? undefined : shard.run(about);
    const reply = shard.command(kind, input, { nowMs, idempotency });
    const after = about === undefined ? undefined : shard.run(about);
    history.answered({ call, reply, before, after, nowMs, shard: this.deps.shard });
    return () => {
      this.#scene.note(`shard ${this.deps.shard}: ${kind} -> ${outcome(reply)}`);
      history.replied(call, reply, this.deps.shard);
      done(reply);
    };
  }

  #afterCommit(
    aborts: readonly (() => void)[],
    rest: readonly (() => void)[],
    calls: readonly HostCall[],
  ): void {
    const { faults } = this.#scene;
    const effects = [...aborts, ...rest];
    const diesAt = this.#dice.chance(faults.crashAfterCommit)
      ? this.#dice.int(0, effects.length)
      : undefined;
    for (const [i, effect] of effects.entries()) {
      if (i === diesAt) break;
      effect();
    }
    if (diesAt !== undefined) {
      for (const call of calls.slice(Math.max(0, diesAt - aborts.length))) call.done(undefined);
      const isMidway = diesAt > 0 && diesAt < effects.length;
      this.crash(isMidway ? "between deliveries" : "after a commit");
      return;
    }
    if (this.#shard !== undefined) this.#settle(this.#shard);
  }

  #settle(shard: Shard): void {
    this.#alarm.set(shard.nextTickMs(this.nowMs) ?? null);
    this.#flush.soon();
    this.deps.history.settled(this);
    for (const report of shard.takeReports(this.nowMs)) this.deps.executors.hear(report);
  }

  #fail(error: unknown, gathered: Gathered): void {
    if (error instanceof Crash) {
      for (const call of gathered.calls) this.#inbox.addCall(call);
      this.crash("before a commit");
      return;
    }
    if (!(error instanceof StorageFault)) throw asViolation(error);
    this.#scene.reach("fault: write error");
    this.#scene.note(`shard ${this.deps.shard}: a write fails`);
    this.#inbox.putBack(gathered, this.#dice);
    this.#scene.agenda.after(RECOVERY_MS, () => this.turn());
    this.deps.history.settled(this);
  }
}
