import type { Sha256 } from "../core/audit-chain.ts";
import type { AuditNote, AuditRecords, AuditStorage, AuditTrail } from "../ports/audit.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Alarm, Timers } from "../ports/timers.ts";
import { AuditKeeper } from "./audit-keeper.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { withDeadline } from "./with-deadline.ts";

export interface AuditRunnerDeps {
  readonly storage: AuditStorage;
  readonly records: AuditRecords;
  readonly sha256: Sha256;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly alarm: Alarm;
  readonly log: Log;
  /** How long entries gather before they go to the records. */
  readonly lingerMs: number;
}

const LIMITS = {
  /** Notes in one commit. */
  groupMax: 1_000,
  /** Entries in one write to the records: fewer where they are long. */
  batchMax: 500,
  retryMs: 500,
  retryMsMax: 30_000,
  /** After which a write that was begun is asked after. */
  writeMs: 60_000,
} as const;

interface Waiting {
  readonly note: AuditNote;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Drives the writer of the audit log: gathers notes into common commits, carries entries to the records, and tries
 * again while those are away. All decisions are the keeper's; everything that waits is here.
 */
export class AuditRunner implements AuditTrail {
  readonly #deps: AuditRunnerDeps;
  readonly #keeper: AuditKeeper;
  #waiting: Waiting[] = [];
  #committing: Promise<void> | null = null;
  #flushing: Promise<void> | null = null;
  #failures = 0;
  #isStopped = false;

  /** Throws when the storage cannot be read. */
  constructor(deps: AuditRunnerDeps) {
    this.#deps = deps;
    this.#keeper = new AuditKeeper(deps.storage, deps.sha256);
  }

  /** The records have all that was appended. */
  get isSettled(): boolean {
    return this.#waiting.length === 0 && this.#keeper.isSettled;
  }

  append(note: AuditNote): Promise<void> {
    if (this.#isStopped) return Promise.reject(new Error("The audit log has stopped."));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ note, resolve, reject });
      void this.#commit();
    });
  }

  /** Tells the records what a stop or a crash kept from them. The alarm calls it, too; once too often is no harm. */
  turn(): void {
    if (this.#isStopped) return;
    if (this.#keeper.isSettled) this.#deps.alarm.set(null, null);
    else void this.#flush();
  }

  /** Stores what waits and tries once more to tell the records, for `waitMs` at most. */
  async stop(waitMs: number): Promise<void> {
    this.#isStopped = true;
    await this.#commit();
    this.#deps.alarm.set(null, null);
    const told = (this.#flushing ?? Promise.resolve()).then(() => this.#flush());
    await withDeadline(told, waitMs, this.#deps.timers);
  }

  /** One commit after the other, each over all who came while the disk was busy with the one before. Never rejects. */
  #commit(): Promise<void> {
    this.#committing ??= this.#commitAll();
    return this.#committing;
  }

  async #commitAll(): Promise<void> {
    // Those who come in the same turn of the event loop come along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, LIMITS.groupMax);
      try {
        this.#keeper.add(group.map(({ note }) => note));
        this.#flushSoon();
        // oxlint-disable-next-line no-await-in-loop -- One after the other is what gathers them.
        await this.#deps.storage.settled();
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    // In the same turn as the last look: whoever comes after it begins anew.
    this.#committing = null;
  }

  /** While a write is under way it goes on by itself, and after a failure the retry has its own time. */
  #flushSoon(): void {
    if (this.#isStopped || this.#flushing !== null || this.#failures > 0) return;
    this.#wakeIn(this.#deps.lingerMs);
  }

  #wakeIn(ms: number): void {
    const { clock, alarm } = this.#deps;
    const atMs = clock.nowMs() + ms;
    alarm.set(atMs, atMs);
  }

  #flush(): Promise<void> {
    if (this.#keeper.isSettled) return Promise.resolve();
    this.#flushing ??= this.#carryAll();
    return this.#flushing;
  }

  /** Never rejects. */
  async #carryAll(): Promise<void> {
    // Should the host die meanwhile, an alarm that outlives it asks again.
    if (!this.#isStopped) this.#wakeIn(LIMITS.writeMs);
    await Promise.resolve();
    try {
      while (!this.#keeper.isSettled) {
        // oxlint-disable-next-line no-await-in-loop -- One write after the other keeps the order of the chain.
        if (!(await this.#carry())) throw new Error("they cannot be reached");
      }
      this.#failures = 0;
      this.#deps.alarm.set(null, null);
    } catch (error) {
      this.#failures++;
      this.#retryLater(error);
    }
    // In the same turn as the last look, as with commits.
    this.#flushing = null;
  }

  #retryLater(error: unknown): void {
    if (this.#isStopped) return;
    const delayMs = retryDelayMs(this.#failures, LIMITS);
    const fields = { error: String(error), delayMs };
    this.#deps.log.warn("The audit log waits for the records.", fields);
    this.#wakeIn(delayMs);
  }

  /** False when the records could not be reached. */
  async #carry(): Promise<boolean> {
    const { records, storage, log } = this.#deps;
    const { headless } = this.#keeper;
    for (const namespace of headless) {
      // oxlint-disable-next-line no-await-in-loop -- Rare: the first note of a namespace, or a lost file.
      this.#keeper.begin(namespace, await records.head(namespace));
    }
    // A place that a power cut takes back would be asked for again, behind the very entry that was sent for it.
    if (headless.length > 0) await storage.settled();
    const entries = this.#keeper.pending(LIMITS.batchMax);
    if (entries.length === 0) return true;
    const forks = await records.add(entries);
    if (forks === null) return false;
    for (const fork of forks) {
      log.warn("The records hold another chain of audit entries.", { ...fork });
      this.#keeper.fork(fork);
    }
    const forked = new Set(forks.map(({ namespace }) => namespace));
    this.#keeper.confirm(entries.filter(({ entry }) => !forked.has(entry.namespace)));
    return true;
  }
}
