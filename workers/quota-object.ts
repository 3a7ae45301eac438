import { DurableObject } from "cloudflare:workers";
import { durableObjectSql } from "../src/adapters/durable-object-sql.ts";
import { SqlQuotaBook } from "../src/adapters/sql-quota-book.ts";
import { assert } from "../src/core/assert.ts";
import type { QuotaOutcome } from "../src/core/quota-entry.ts";
import type {
  DoubtfulName,
  FoundNames,
  QuotaAnswer,
  QuotaBook,
  QuotaName,
  QuotaRule,
} from "../src/ports/quotas.ts";
import type { Env } from "./env.ts";
import { namespaceOfQuota } from "./quota-rpc.ts";

/** The quota book of one namespace in a Durable Object. It is only called where there is a quota. */
export class QuotaObject extends DurableObject<Env> implements QuotaBook {
  readonly #book: SqlQuotaBook;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const namespace = namespaceOfQuota(ctx.id.name ?? "");
    assert(namespace !== null, "a quota object is reached by its name");
    this.#book = new SqlQuotaBook(durableObjectSql(ctx.storage), namespace);
  }

  begin(name: QuotaName, rule: QuotaRule, nowMs: number): Promise<QuotaAnswer> {
    return this.#book.begin(name, rule, nowMs);
  }

  beginDeletion(name: QuotaName, rule: QuotaRule, nowMs: number): Promise<boolean> {
    return this.#book.beginDeletion(name, rule, nowMs);
  }

  end(name: QuotaName, outcome: QuotaOutcome): Promise<void> {
    return this.#book.end(name, outcome);
  }

  addFound(found: FoundNames, nowMs: number): Promise<void> {
    return this.#book.addFound(found, nowMs);
  }

  looked(name: QuotaName & DoubtfulName, isThere: boolean): Promise<void> {
    return this.#book.looked(name, isThere);
  }

  clear(): Promise<void> {
    return this.#book.clear();
  }
}
