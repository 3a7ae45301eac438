import {
  begunEntry,
  endedEntry,
  foundEntry,
  lookedEntry,
  type QuotaEntry,
  type QuotaKind,
  type QuotaOutcome,
} from "../core/quota-entry.ts";
import type {
  DoubtfulName,
  FoundNames,
  QuotaAnswer,
  QuotaBook,
  QuotaName,
  QuotaRule,
} from "../ports/quotas.ts";
import type { Sql, SqlRow } from "../ports/shard-storage.ts";
import { upgradeQuotaSchema } from "./quota-schema.ts";
import { text, whole } from "./shard-row-values.ts";

export const QUOTA_LIMITS = {
  /** Whoever began longer ago is taken for dead. */
  doubtMs: 60_000,
  /** Names in doubt that one refusal hands out. */
  doubtfulMax: 64,
  /**
   * For so long after a rule was first heard of, some may create without having heard of it, and the records may
   * not know yet what was created: the names are asked for again.
   */
  settleMs: 15_000,
  refillMs: 3_000,
} as const;

/** Every statement of the book, once each, so that engines can keep them prepared. */
const SQL = {
  rule: `select version, most, since_ms, filled_ms, names from quota_rules
    where namespace = ? and kind = ?`,
  putRule: `insert into quota_rules (namespace, kind, version, most, since_ms, filled_ms, names)
    values (?, ?, ?, ?, ?, ?, ?)
    on conflict (namespace, kind) do update set version = excluded.version, most = excluded.most,
      since_ms = excluded.since_ms, filled_ms = excluded.filled_ms, names = excluded.names`,
  addNames: "update quota_rules set names = names + ? where namespace = ? and kind = ?",
  entry: `select sure_of, before, holders, said, seq, at_ms from quota_names
    where namespace = ? and kind = ? and name = ?`,
  putEntry: `insert into quota_names
      (namespace, kind, name, sure_of, before, holders, said, seq, at_ms)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (namespace, kind, name) do update set sure_of = excluded.sure_of,
      before = excluded.before, holders = excluded.holders, said = excluded.said,
      seq = excluded.seq, at_ms = excluded.at_ms`,
  deleteEntry: "delete from quota_names where namespace = ? and kind = ? and name = ?",
  doubtful: `select name, seq from quota_names
    where namespace = ? and kind = ? and sure_of < ? and at_ms <= ? limit ?`,
  clearNames: "delete from quota_names where namespace = ?",
  clearRules: "delete from quota_rules where namespace = ?",
} as const;

interface StoredRule {
  readonly version: number;
  readonly limit: number | null;
  readonly sinceMs: number;
  readonly filledMs: number | null;
  readonly names: number;
}

/** Databases whose tables are known to be right: making a book for each namespace must stay cheap. */
const UPGRADED = new WeakSet<Sql>();

/** The book of a namespace in SQLite. Each call is one transaction, and none waits. */
export class SqlQuotaBook implements QuotaBook {
  readonly #sql: Sql;
  readonly #namespace: string;

  /** Creates or upgrades the tables. */
  constructor(sql: Sql, namespace: string) {
    this.#sql = sql;
    this.#namespace = namespace;
    if (!UPGRADED.has(sql)) upgradeQuotaSchema(sql);
    UPGRADED.add(sql);
  }

  async begin(of: QuotaName, told: QuotaRule, nowMs: number): Promise<QuotaAnswer> {
    return this.#sql.transaction(() => {
      const rule = this.#ruleOf(of.kind, told, nowMs);
      if (rule === null || rule.limit === null) return { state: "free" };
      if (told.version !== null && isUnfilled(rule, nowMs)) return { state: "unfilled" };
      const entry = this.#entry(of);
      if (entry === null && rule.names >= rule.limit)
        return { state: "full", limit: rule.limit, doubtful: this.#doubtful(of.kind, rule, nowMs) };
      this.#put(of, entry, begunEntry(entry, rule.version, nowMs));
      return { state: "held" };
    });
  }

  async beginDeletion(of: QuotaName, told: QuotaRule, nowMs: number): Promise<boolean> {
    return this.#sql.transaction(() => {
      const rule = this.#ruleOf(of.kind, told, nowMs);
      if (rule === null || rule.limit === null) return false;
      // One that is not known is counted for a moment: somebody may be about to create it.
      const entry = this.#entry(of);
      this.#put(of, entry, begunEntry(entry, rule.version, nowMs));
      return true;
    });
  }

  async end(of: QuotaName, outcome: QuotaOutcome): Promise<void> {
    this.#sql.transaction(() => {
      const rule = this.#rule(of.kind);
      // The namespace may be gone by now.
      if (rule === null) return;
      const entry = this.#entry(of);
      this.#put(of, entry, endedEntry(entry, outcome, rule.version));
    });
  }

  async addFound({ kind, version, names, isLast }: FoundNames, nowMs: number): Promise<void> {
    this.#sql.transaction(() => {
      const rule = this.#rule(kind);
      if (rule?.version !== version) return;
      for (const name of names)
        if (this.#entry({ kind, name }) === null) this.#put({ kind, name }, null, foundEntry());
      const now = this.#rule(kind);
      if (isLast && now !== null) this.#putRule(kind, { ...now, filledMs: nowMs });
    });
  }

  async looked(of: QuotaName & DoubtfulName, isThere: boolean): Promise<void> {
    this.#sql.transaction(() => {
      const rule = this.#rule(of.kind);
      const entry = this.#entry(of);
      if (rule === null || entry?.seq !== of.seq) return;
      this.#put(of, entry, lookedEntry(entry, isThere, rule.version));
    });
  }

  async clear(): Promise<void> {
    this.#sql.transaction(() => {
      this.#sql.run(SQL.clearNames, this.#namespace);
      this.#sql.run(SQL.clearRules, this.#namespace);
    });
  }

  /** The rule that counts now: the newest that anybody has told; null when there is none. */
  #ruleOf(kind: QuotaKind, told: QuotaRule, nowMs: number): StoredRule | null {
    const stored = this.#rule(kind);
    const { version, limit } = told;
    if (version === null || (stored !== null && stored.version >= version)) return stored;
    if (stored === null && limit === null) return null;
    const names = stored?.names ?? 0;
    // What happened under a rule without a limit nobody has told: the records are asked.
    const rule = { version, limit, sinceMs: nowMs, filledMs: null, names };
    this.#putRule(kind, rule);
    return rule;
  }

  #rule(kind: QuotaKind): StoredRule | null {
    const row = this.#sql.all(SQL.rule, this.#namespace, kind)[0];
    if (row === undefined) return null;
    return {
      version: whole(row, "version"),
      limit: numberOrNull(row, "most"),
      sinceMs: whole(row, "since_ms"),
      filledMs: numberOrNull(row, "filled_ms"),
      names: whole(row, "names"),
    };
  }

  #putRule(kind: QuotaKind, rule: StoredRule): void {
    const { version, limit, sinceMs, filledMs, names } = rule;
    this.#sql.run(SQL.putRule, this.#namespace, kind, version, limit, sinceMs, filledMs, names);
  }

  #entry({ kind, name }: QuotaName): QuotaEntry | null {
    const row = this.#sql.all(SQL.entry, this.#namespace, kind, name)[0];
    if (row === undefined) return null;
    return {
      sureOf: whole(row, "sure_of"),
      // This class alone writes these two, each from a value of the same type.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
      before: text(row, "before") as QuotaEntry["before"],
      holders: whole(row, "holders"),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
      said: text(row, "said") as QuotaEntry["said"],
      seq: whole(row, "seq"),
      atMs: whole(row, "at_ms"),
    };
  }

  #put({ kind, name }: QuotaName, was: QuotaEntry | null, entry: QuotaEntry | null): void {
    const key = [this.#namespace, kind, name] as const;
    if (entry === null) {
      if (was === null) return;
      this.#sql.run(SQL.deleteEntry, ...key);
      this.#sql.run(SQL.addNames, -1, this.#namespace, kind);
      return;
    }
    const { sureOf, before, holders, said, seq, atMs } = entry;
    this.#sql.run(SQL.putEntry, ...key, sureOf, before, holders, said, seq, atMs);
    if (was === null) this.#sql.run(SQL.addNames, 1, this.#namespace, kind);
  }

  #doubtful(kind: QuotaKind, { version }: StoredRule, nowMs: number): readonly DoubtfulName[] {
    const { doubtMs, doubtfulMax } = QUOTA_LIMITS;
    const bounds = [version, nowMs - doubtMs, doubtfulMax] as const;
    const rows = this.#sql.all(SQL.doubtful, this.#namespace, kind, ...bounds);
    return rows.map((row) => ({ name: text(row, "name"), seq: whole(row, "seq") }));
  }
}

/** Whether the names of the records are wanted, for the first time or once more until they are settled. */
function isUnfilled({ sinceMs, filledMs }: StoredRule, nowMs: number): boolean {
  if (filledMs === null) return true;
  const isSettled = filledMs >= sinceMs + QUOTA_LIMITS.settleMs;
  return !isSettled && nowMs - filledMs >= QUOTA_LIMITS.refillMs;
}

function numberOrNull(row: SqlRow, column: string): number | null {
  return row[column] === null ? null : whole(row, column);
}
