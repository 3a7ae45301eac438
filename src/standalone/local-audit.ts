import { createHash } from "node:crypto";
import type { NodeSql } from "../adapters/node-sqlite.ts";
import { SqlAuditStorage } from "../adapters/sql-audit-storage.ts";
import type { AuditNote, AuditRecords, AuditTrail } from "../ports/audit.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { AuditRunner } from "../registry/audit-runner.ts";
import { hostTimers, TimerAlarm } from "./host-time.ts";
import { openSyncedApart, type LogSync } from "./log-sync.ts";

/** How long entries gather before they go to the records. */
const LINGER_MS = 500;

export interface LocalAuditSettings {
  /** The file that holds what the records do not have yet, of all namespaces. */
  readonly path: string;
  readonly records: AuditRecords;
  readonly log: Log;
  readonly clock: Clock;
}

/** The writer of the audit log of a standalone deployment, in this process and in one file. */
export class LocalAudit implements AuditTrail {
  readonly #sql: NodeSql;
  readonly #sync: LogSync | null;
  readonly #runner: AuditRunner;

  /** Opens the file. Throws one clear line when another process has it. */
  constructor({ path, records, log, clock }: LocalAuditSettings) {
    const { sql, sync } = openSyncedApart(path);
    this.#sql = sql;
    this.#sync = sync;
    const synced = (): Promise<void> => sync?.synced() ?? Promise.resolve();
    this.#runner = new AuditRunner({
      storage: new SqlAuditStorage(this.#sql, synced),
      records,
      sha256: (text) => createHash("sha256").update(text).digest("hex"),
      clock,
      timers: hostTimers,
      alarm: new TimerAlarm(clock, () => this.#runner.turn()),
      log,
      lingerMs: LINGER_MS,
    });
  }

  /** Tells the records what the last process did not. */
  start(): void {
    this.#runner.turn();
  }

  /** The records have all that was appended. */
  get isSettled(): boolean {
    return this.#runner.isSettled;
  }

  append(note: AuditNote): Promise<void> {
    return this.#runner.append(note);
  }

  /** Tells the records what they do not know yet, for `waitMs` at most; the next start tells the rest. */
  stop(waitMs: number): Promise<void> {
    return this.#runner.stop(waitMs);
  }

  async close(): Promise<void> {
    await this.#sync?.close();
    this.#sql.close();
  }
}
