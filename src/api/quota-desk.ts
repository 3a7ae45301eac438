import { eachBounded } from "../core/each-bounded.ts";
import type { QuotaKind, QuotaOutcome } from "../core/quota-entry.ts";
import { Refusal } from "../core/refusal.ts";
import type { Directory, Namespace } from "../ports/directory.ts";
import type { DoubtfulName, QuotaBook, QuotaRule, Quotas } from "../ports/quotas.ts";
import { firstNamespace } from "./directory-copies.ts";
import { FreshCache } from "./fresh-cache.ts";
import { reach } from "./shard-call.ts";

const RULES_FRESH = { entriesMax: 1_000, freshMs: 5_000, staleMs: 600_000 } as const;
/** Names that one reading of the records gives: a Worker may send 50 requests for one that it got. */
const NAMES_A_PAGE = 5_000;
/** Objects that are asked for at once, whether they are there. */
const LOOKS_AT_ONCE = 4;
/** How often one creation begins: before it the names are filled, or doubtful ones looked for. */
const BEGINS_MAX = 4;

/** What is to be created or deleted. */
export interface Counted {
  readonly namespace: string;
  readonly kind: QuotaKind;
  readonly name: string;
  readonly nowMs: number;
  /** Asks whoever keeps such an object whether it is there; rejects when that cannot be told. */
  readonly isThere: (name: string) => Promise<boolean>;
}

/**
 * Sees to it that no more is created than the quotas of a namespace allow. Without a quota all of it is one look
 * into memory.
 */
export class QuotaDesk {
  readonly #deps: { readonly directory: Directory; readonly quotaBooks: Quotas };
  readonly #rules = new FreshCache<Namespace>(RULES_FRESH);

  constructor(deps: { readonly directory: Directory; readonly quotaBooks: Quotas }) {
    this.#deps = deps;
  }

  /**
   * Does what may create an object. Throws `quota.exceeded` before, when there are as many as may be. Anything
   * with `isReplay` set has created nothing now.
   */
  async creating<T extends { readonly isReplay: boolean }>(
    counted: Counted,
    work: () => Promise<T>,
  ): Promise<T> {
    const isHeld = await this.#begin(counted);
    if (!isHeld) return work();
    return this.#ended(counted, work, {
      ofDone: (done) => (done.isReplay ? "unchanged" : "exists"),
      ofCode: {},
    });
  }

  /** Does what deletes an object. */
  async deleting<T>(counted: Counted, work: () => Promise<T>): Promise<T> {
    const rule = await this.#rule(counted);
    if (!mayCount(rule)) return work();
    const book = this.#bookOf(counted.namespace);
    const isHeld = await told(() => book.beginDeletion(counted, rule, counted.nowMs));
    if (!isHeld) return work();
    const ofCode = { [UNKNOWN[counted.kind]]: "absent" } as const;
    return this.#ended(counted, work, { ofDone: () => "absent", ofCode });
  }

  /** Whether creations of this kind are counted, so that an object's name is worth a question. */
  async doesCount(of: Pick<Counted, "namespace" | "kind" | "nowMs">): Promise<boolean> {
    return mayCount(await this.#rule(of));
  }

  /** The quotas of the namespace have changed: they are read again at once. */
  forget(namespace: string): void {
    this.#rules.forget(namespace);
  }

  /** The namespace is gone, and with it what was counted. */
  async clear(namespace: string): Promise<void> {
    this.forget(namespace);
    await told(() => this.#bookOf(namespace).clear());
  }

  async #ended<T>(
    counted: Counted,
    work: () => Promise<T>,
    means: {
      readonly ofDone: (done: T) => QuotaOutcome;
      readonly ofCode: { readonly [code: string]: QuotaOutcome };
    },
  ): Promise<T> {
    const book = this.#bookOf(counted.namespace);
    const { kind, name } = counted;
    let outcome: QuotaOutcome = "unknown";
    try {
      const done = await work();
      outcome = means.ofDone(done);
      return done;
    } catch (error) {
      // A refusal changes nothing, unless it says that the answer was lost.
      if (error instanceof Refusal) outcome = means.ofCode[error.data.code] ?? ofRefusal(error);
      throw error;
    } finally {
      // What the book is not told stays in doubt, and is looked for when the quota is reached.
      await book.end({ kind, name }, outcome).catch(() => {});
    }
  }

  /** True when the name is held for this creation, false when nothing is counted. */
  async #begin(counted: Counted): Promise<boolean> {
    const { namespace, kind, name, nowMs } = counted;
    const rule = await this.#rule(counted);
    if (!mayCount(rule)) return false;
    const book = this.#bookOf(namespace);
    for (let begins = 1; ; begins++) {
      // Each step needs what the one before it found.
      // oxlint-disable-next-line no-await-in-loop
      const answer = await told(() => book.begin({ kind, name }, rule, nowMs));
      if (answer.state === "full") {
        // oxlint-disable-next-line no-await-in-loop
        const gone = begins < BEGINS_MAX ? await this.#look(counted, book, answer.doubtful) : 0;
        if (gone === 0) throw exceeded(counted, answer.limit);
      } else if (answer.state === "unfilled") {
        if (begins === BEGINS_MAX)
          throw new Refusal("shard.unavailable", "The quotas change at this moment.");
        // oxlint-disable-next-line no-await-in-loop
        await this.#fill(counted, rule);
      } else return answer.state === "held";
    }
  }

  /** Tells the book what the records have. */
  async #fill({ namespace, kind, nowMs }: Counted, rule: QuotaRule): Promise<void> {
    const { directory } = this.#deps;
    const book = this.#bookOf(namespace);
    for (let afterName: string | null = null, isLast = false; !isLast;) {
      const page = { limit: NAMES_A_PAGE, afterName };
      // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
      const names: readonly string[] = await directory.objectNames(namespace, kind, page);
      isLast = names.length < NAMES_A_PAGE;
      afterName = names.at(-1) ?? afterName;
      const found = { kind, version: rule.version ?? 0, names, isLast };
      // oxlint-disable-next-line no-await-in-loop
      await told(() => book.addFound(found, nowMs));
    }
  }

  /** Looks for objects that are in doubt. Returns how many are gone. */
  async #look(
    { kind, isThere }: Counted,
    book: QuotaBook,
    doubtful: readonly DoubtfulName[],
  ): Promise<number> {
    let gone = 0;
    await eachBounded(doubtful, LOOKS_AT_ONCE, async ({ name, seq }) => {
      const found = await isThere(name).catch(() => null);
      // Nobody could tell: it stays in doubt, and counts.
      if (found === null) return;
      await told(() => book.looked({ kind, name, seq }, found));
      if (!found) gone++;
    });
    return gone;
  }

  /** The rule as it is, or was a moment ago; when the records are away, the last one that the book has heard. */
  async #rule({
    namespace,
    kind,
    nowMs,
  }: Pick<Counted, "namespace" | "kind" | "nowMs">): Promise<QuotaRule> {
    const { directory } = this.#deps;
    try {
      const load = async () => (await directory.namespace(namespace)) ?? firstNamespace(namespace);
      const read = await this.#rules.read(namespace, nowMs, load);
      const { version, quotas } = read ?? firstNamespace(namespace);
      return { version, limit: quotas[kind] };
    } catch (error) {
      if (error instanceof Refusal && error.data.code === "records.unavailable")
        return { version: null, limit: null };
      throw error;
    }
  }

  #bookOf(namespace: string): QuotaBook {
    return this.#deps.quotaBooks.of(namespace);
  }
}

function mayCount({ version, limit }: QuotaRule): boolean {
  return version === null || limit !== null;
}

function told<T>(call: () => Promise<T>): Promise<T> {
  return reach(call, "What counts the objects of this namespace cannot be reached now.");
}

function ofRefusal({ data }: Refusal): QuotaOutcome {
  return data.code === "shard.unavailable" ? "unknown" : "unchanged";
}

/** What a deletion is told when there is nothing to delete. */
const UNKNOWN = {
  jobs: "job.unknown",
  workflows: "workflow.unknown",
  executors: "executor.unknown",
} as const;

function exceeded({ namespace, kind }: Counted, limit: number): Refusal {
  const detail = `The namespace ${namespace} may have ${limit} ${kind} (quotas.${kind}), and has them.`;
  return new Refusal("quota.exceeded", detail, {
    hint:
      `Delete ${kind} that nobody needs, or ask an administrator of the instance to raise ` +
      `quotas.${kind}: PATCH /api/v1/namespaces/${namespace}.`,
  });
}
