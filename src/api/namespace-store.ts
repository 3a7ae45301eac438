import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import type { ApiToken, Namespace, NamespaceUsage } from "../ports/directory.ts";
import type { Membership, User } from "../ports/people.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { Authenticator } from "./auth.ts";
import { firstNamespace } from "./directory-copies.ts";
import type { NamespaceChoice } from "./namespace-choice.ts";
import { DEFAULT_NAMESPACE, type Principal } from "./principal.ts";
import type { QuotaDesk } from "./quota-desk.ts";
import type { SessionStore } from "./session-store.ts";

/** Objects of each kind that are counted for the usage. */
export const USAGE_MAX = 100_000;

const LIMITS = {
  rowsAPage: 200,
  /** Pages of tokens that the end of a namespace goes through. */
  pagesMax: 500,
} as const;

/** A namespace that somebody may see, and the executors that they are limited to there. */
export type Visible = Pick<Membership, "namespace" | "executors">;

/** What is held in memory of namespaces and of those who may enter them. */
interface Held {
  readonly authenticator: Authenticator;
  readonly sessions: SessionStore;
  readonly choice: NamespaceChoice;
  readonly quotas: QuotaDesk;
}

/** The namespaces, as those see and handle them who may. */
export class NamespaceStore {
  readonly #deps: ApiDeps;
  readonly #held: Held;

  constructor(deps: ApiDeps, held: Held) {
    this.#deps = deps;
    this.#held = held;
  }

  /** The namespace, if there is one. The default one always is, and so is one that a token was made for. */
  async find(name: string, isOwn = false): Promise<Namespace | null> {
    const stored = await this.#deps.directory.namespace(name);
    if (stored !== null) return stored;
    return name === DEFAULT_NAMESPACE || isOwn ? firstNamespace(name) : null;
  }

  /** How somebody may see a namespace; null for one that is as if it did not exist. */
  visibleTo(who: Principal, user: User | null, name: string): Visible | null {
    if (name === who.namespace) return { namespace: name, executors: who.executors };
    if (who.isInstanceAdmin) return { namespace: name, executors: null };
    return user?.memberships.find(({ namespace }) => namespace === name) ?? null;
  }

  /** What the records have in it, of what somebody may see who is limited to these executors. */
  async usage(visible: Visible): Promise<NamespaceUsage> {
    const [usage] = await this.usages([visible]);
    assert(usage !== undefined, "each namespace that is asked for has its usage");
    return usage;
  }

  /** The same of several, in their order and at once. */
  usages(visible: readonly Visible[]): Promise<readonly NamespaceUsage[]> {
    return this.#deps.directory.usages(visible, USAGE_MAX);
  }

  /** Those that somebody may see behind a name, by name; at most `limit`. */
  async list(
    who: Principal,
    user: User | null,
    page: { readonly limit: number; readonly afterName: string | null },
  ): Promise<readonly { readonly row: Namespace; readonly visible: Visible }[]> {
    const { limit, afterName } = page;
    const rows = who.isInstanceAdmin
      ? await this.#all(limit, afterName)
      : await this.#named([who.namespace, ...(user?.memberships ?? []).map((m) => m.namespace)]);
    return rows
      .filter(({ name }) => afterName === null || name > afterName)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, limit)
      .flatMap((row) => {
        const visible = this.visibleTo(who, user, row.name);
        return visible === null ? [] : [{ row, visible }];
      });
  }

  /** Forgets what is held of a namespace that was just deleted: who may enter it, and what was counted in it. */
  async end(name: string): Promise<void> {
    this.#held.choice.forget(name);
    this.#held.sessions.forget();
    await this.#forgetTokens(name);
    await this.#held.quotas.clear(name);
  }

  async #all(limit: number, afterName: string | null): Promise<readonly Namespace[]> {
    const rows = await this.#deps.directory.namespaces(limit, afterName);
    const hasDefault = rows.some(({ name }) => name === DEFAULT_NAMESPACE);
    // It may have no row of its own, and it may stand behind this page: the caller cuts it off.
    return hasDefault ? rows : [...rows, ...(await this.#named([DEFAULT_NAMESPACE]))];
  }

  async #named(names: readonly string[]): Promise<readonly Namespace[]> {
    const wanted = [...new Set(names)];
    const stored = await this.#deps.directory.namespacesNamed(wanted);
    const byName = new Map(stored.map((row) => [row.name, row]));
    return wanted.map((name) => byName.get(name) ?? firstNamespace(name));
  }

  /** The tokens were revoked with the namespace; what is held of them in memory would let them in for a moment. */
  async #forgetTokens(name: string): Promise<void> {
    const { directory } = this.#deps;
    let afterId: string | null = null;
    for (let pages = 0; pages < LIMITS.pagesMax; pages++) {
      const page = { limit: LIMITS.rowsAPage, afterId };
      // oxlint-disable-next-line no-await-in-loop -- A page names the next one.
      const tokens: readonly ApiToken[] = await directory.tokens(name, page);
      for (const { hash } of tokens) this.#held.authenticator.forget(hash);
      afterId = tokens.at(-1)?.id ?? null;
      if (tokens.length < LIMITS.rowsAPage) return;
    }
  }
}

export function unknownNamespace(name: string): Refusal {
  return new Refusal("namespace.unknown", `There is no namespace ${name}.`);
}
