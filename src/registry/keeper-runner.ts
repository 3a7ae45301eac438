import { Refusal, type RefusalData } from "../core/refusal.ts";
import type { Clock } from "../ports/clock.ts";
import type { ExecutorClient, PingAnswer } from "../ports/executors.ts";
import type {
  ExecutorCommandKind,
  ExecutorInput,
  ExecutorReply,
} from "../ports/executor-commands.ts";
import type { ExecutorRecords, ExecutorStorage } from "../ports/executor-storage.ts";
import type { LiveFeed } from "../ports/live-feed.ts";
import type { Log } from "../ports/log.ts";
import type { NodeProbe, ProbeAnswer } from "../ports/node-probe.ts";
import type { Ids } from "../ports/random.ts";
import type { Idempotency, Shards } from "../ports/shard-client.ts";
import type { Alarm, Timers } from "../ports/timers.ts";
import { CopyPushes } from "./copy-pushes.ts";
import { ExecutorKeeper } from "./executor-keeper.ts";
import { LiveRow } from "./live-row.ts";
import { ProbeRounds } from "./probe-rounds.ts";
import { RowWrites } from "./row-writes.ts";
import { withDeadline } from "./with-deadline.ts";

export interface KeeperRunnerDeps {
  readonly appKey: string;
  readonly storage: ExecutorStorage;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly alarm: Alarm;
  readonly records: ExecutorRecords;
  readonly shards: Shards;
  readonly probe: NodeProbe;
  /** Where those who watch hear of the executor. */
  readonly live: LiveFeed;
  readonly log: Log;
}

/** Commands that never look beyond what the keeper has: they come often, and from anybody. */
export const NEVER_BEYOND: ReadonlySet<ExecutorCommandKind> = new Set([
  "executor.secrets",
  "node.beat",
  "node.leave",
  "token.use",
  "node.report",
] as const);
/** After a turn failed: how long until the next. */
const RECOVERY_MS = 500;
/** How long a stop waits for shards and records; what they were not told then the next start tells them. */
const STOP_WAIT_MS = 2_000;

type Known = { readonly ok: true } | { readonly ok: false; readonly refusal: RefusalData };

/**
 * Drives one keeper: brings copies to shards, the row to the records, asks listed nodes how they are, and
 * keeps the alarm at the earliest of what comes next. All decisions are the keeper's; everything that waits
 * is here.
 */
export class KeeperRunner implements ExecutorClient {
  readonly #deps: KeeperRunnerDeps;
  readonly #keeper: ExecutorKeeper;
  readonly #pushes: CopyPushes;
  readonly #rows: RowWrites;
  readonly #probes: ProbeRounds;
  readonly #liveRow: LiveRow;
  #restoring: Promise<Known> | null = null;
  #cancelSigns: (() => void) | null = null;
  #isAwake = false;
  #isStopped = false;

  constructor(deps: KeeperRunnerDeps) {
    this.#deps = deps;
    const keeper = new ExecutorKeeper(deps);
    this.#keeper = keeper;
    const goOn = (): void => this.#goOn();
    this.#pushes = new CopyPushes({ ...deps, keeper }, goOn);
    this.#rows = new RowWrites({ ...deps, keeper }, goOn);
    this.#probes = new ProbeRounds({ ...deps, keeper }, goOn);
    this.#liveRow = new LiveRow({ ...deps, keeper });
  }

  /** Nothing was ever stored here. */
  get isEmpty(): boolean {
    return this.#keeper.isEmpty;
  }

  /** Takes over what storage holds and begins; a call does so, too. */
  start(): void {
    this.turn();
  }

  /**
   * Brings on what the passing of time demands. The alarm calls this; so may anyone who doubts that the
   * alarm will: early, or twice, it changes nothing.
   */
  turn(): void {
    if (this.#isStopped) return;
    const { clock, alarm, log } = this.#deps;
    const nowMs = clock.nowMs();
    try {
      this.#wake();
      this.#keeper.tick(nowMs);
      this.#probes.run(nowMs);
    } catch (error) {
      log.error("A turn of an executor's keeper failed.", { error: String(error) });
      alarm.set(nowMs + RECOVERY_MS, nowMs + RECOVERY_MS);
      return;
    }
    this.#goOn();
  }

  async call<K extends ExecutorCommandKind>(
    kind: K,
    input: ExecutorInput<K>,
    idempotency: Idempotency | null = null,
  ): Promise<ExecutorReply<K>> {
    this.#wake();
    if (!NEVER_BEYOND.has(kind)) {
      const known = await this.#lookBeyond();
      if (!known.ok) return known;
    }
    const { clock } = this.#deps;
    // What went by itself before this command is not what its caller waits for.
    this.#keeper.tick(clock.nowMs());
    const versionBefore = this.#keeper.listVersion;
    const reply = this.#keeper.command(kind, input, { nowMs: clock.nowMs(), idempotency });
    const isChanged = this.#keeper.listVersion !== versionBefore;
    this.#probes.run(clock.nowMs());
    if (isChanged && !NEVER_BEYOND.has(kind)) await this.#pushes.now();
    this.#goOn();
    return reply;
  }

  async ping(
    namespace: string,
    node: string,
  ): Promise<{ readonly ok: true; readonly value: PingAnswer } | (Known & { readonly ok: false })> {
    this.#wake();
    const known = await this.#lookBeyond();
    if (!known.ok) return known;
    const { appKey, probe, clock } = this.#deps;
    try {
      const target = this.#keeper.probeTarget(namespace, node);
      const { sealedSecret } = target;
      const { id, address } = target.node;
      const answer = await probe.probe({ namespace, appKey, address, sealedSecret });
      this.#keeper.probed(id, answer, clock.nowMs());
      this.#goOn();
      return { ok: true, value: pingAnswer(answer) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, refusal: error.data };
    }
  }

  /** Stores what is not stored yet, and tries once more to tell shards and records, for `waitMs` at most. */
  async stop(waitMs: number = STOP_WAIT_MS): Promise<void> {
    this.#isStopped = true;
    this.#deps.alarm.set(null, null);
    this.#cancelSigns?.();
    for (const part of [this.#pushes, this.#rows, this.#probes, this.#liveRow]) part.stop();
    if (this.#keeper.isEmpty) return;
    this.#keeper.storeSigns(this.#deps.clock.nowMs());
    const told = Promise.all([this.#pushes.now(), this.#rows.now()]);
    await withDeadline(told, waitMs, this.#deps.timers);
  }

  /** Before anything else: a keeper that has not looked into its storage would seem empty. */
  #wake(): void {
    if (this.#isAwake) return;
    this.#keeper.wake(this.#deps.clock.nowMs());
    this.#liveRow.begin();
    this.#isAwake = true;
  }

  /** An empty keeper asks the records, once for all who come meanwhile. */
  #lookBeyond(): Promise<Known> | Known {
    if (!this.#keeper.isEmpty) return { ok: true };
    this.#restoring ??= this.#restore().finally(() => {
      this.#restoring = null;
    });
    return this.#restoring;
  }

  async #restore(): Promise<Known> {
    const { appKey, records, clock, log } = this.#deps;
    try {
      const row = await records.executorRow(appKey);
      if (row === null || !this.#keeper.isEmpty) return { ok: true };
      this.#keeper.restore(row, clock.nowMs());
      log.info("An executor was taken over from the records.", { appKey });
      return { ok: true };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, refusal: error.data };
    }
  }

  /** After anything has happened: what must follow is under way, and the alarm stands where it should. */
  #goOn(): void {
    if (this.#isStopped || this.#keeper.isEmpty) return;
    this.#pushes.soon();
    this.#rows.soon();
    this.#liveRow.soon();
    this.#storeSignsLater();
    const { clock, alarm } = this.#deps;
    const nowMs = clock.nowMs();
    const wishes = [
      this.#keeper.nextTickMs,
      this.#probes.nextMs(nowMs),
      this.#pushes.retryMs,
      this.#rows.retryMs,
    ].filter((wish) => wish !== null);
    const atMs = wishes.length === 0 ? null : Math.min(...wishes);
    alarm.set(atMs, atMs);
  }

  /** By a timer and not the alarm: should the process die before, the grace after a wake-up covers it. */
  #storeSignsLater(): void {
    const { clock, timers } = this.#deps;
    const dueMs = this.#keeper.signsDueMs;
    if (dueMs === null || this.#cancelSigns !== null) return;
    this.#cancelSigns = timers.after(Math.max(0, dueMs - clock.nowMs()), () => {
      this.#cancelSigns = null;
      this.turn();
    });
  }
}

/** Only what the caller asked for. */
function pingAnswer(probed: ProbeAnswer): PingAnswer {
  const { isReached, status, latencyMs, clockSkewMs, answer, error } = probed;
  return { isReached, status, latencyMs, clockSkewMs, answer, error };
}
