import { eachBounded } from "../core/each-bounded.ts";
import { Refusal } from "../core/refusal.ts";
import type { ApiToken, Namespace, NamespaceUsage } from "../ports/directory.ts";
import { NOBODY_NEEDED, type Membership, type User } from "../ports/people.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { Authenticator } from "./auth.ts";
import { firstNamespace } from "./directory-copies.ts";
import { DEFAULT_NAMESPACE, type Principal } from "./principal.ts";
import type { QuotaDesk } from "./quota-desk.ts";
import type { SessionStore } from "./session-store.ts";

/** Objects of each kind that are counted for the usage. */
export const USAGE_MAX = 100_000;

const LIMITS = {
  rowsAPage: 200,
  /** Pages of tokens, and of members, that the end of a namespace goes through. */
  pagesMax: 500,
  membersAtOnce: 4,
  /** A member who is changed at the same moment is read again so often. */
  triesMax: 5,
} as const;

/** A namespace that somebody may see, and the executors that they are limited to there. */
export type Visible = Pick<Membership, "namespace" | "executors">;

/** The user, if it is one, who ends a namespace, and when. */
interface Ender {
  readonly id: string;
  readonly nowMs: number;
}

/** The namespaces, as those see and handle them who may. */
export class NamespaceStore {
  readonly #deps: ApiDeps;
  readonly #held: {
    readonly authenticator: Authenticator;
    readonly sessions: SessionStore;
    readonly quotas: QuotaDesk;
  };

  constructor(
    deps: ApiDeps,
    held: {
      readonly authenticator: Authenticator;
      readonly sessions: SessionStore;
      readonly quotas: QuotaDesk;
    },
  ) {
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
  usage({ namespace, executors }: Visible): Promise<NamespaceUsage> {
    return this.#deps.directory.usage(namespace, { max: USAGE_MAX, executors });
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

  /** Ends what hangs on a namespace that was just deleted: its tokens, its members, its book. */
  async end(name: string, by: Ender): Promise<void> {
    await this.#held.quotas.clear(name);
    await this.#forgetTokens(name);
    await this.#dropMembers(name, by);
    this.#held.sessions.forget();
  }

  async #all(limit: number, afterName: string | null): Promise<readonly Namespace[]> {
    const rows = await this.#deps.directory.namespaces(limit, afterName);
    const hasDefault = rows.some(({ name }) => name === DEFAULT_NAMESPACE);
    // It may have no row of its own, and it may stand behind this page: the caller cuts it off.
    return hasDefault ? rows : [...rows, ...(await this.#named([DEFAULT_NAMESPACE]))];
  }

  async #named(names: readonly string[]): Promise<readonly Namespace[]> {
    const found: Namespace[] = [];
    await eachBounded([...new Set(names)], LIMITS.membersAtOnce, async (name) => {
      found.push((await this.#deps.directory.namespace(name)) ?? firstNamespace(name));
    });
    return found;
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

  async #dropMembers(name: string, by: Ender): Promise<void> {
    const { people } = this.#deps;
    for (let pages = 0; pages < LIMITS.pagesMax; pages++) {
      // Whoever is no member any more is on no page: each time the first one is read.
      const page = { namespace: name, limit: LIMITS.rowsAPage, afterId: null };
      // oxlint-disable-next-line no-await-in-loop -- see above
      const members = await people.users(page);
      // oxlint-disable-next-line no-await-in-loop
      await eachBounded(members, LIMITS.membersAtOnce, (user) => this.#drop(name, user.id, by));
      if (members.length < LIMITS.rowsAPage) return;
    }
  }

  async #drop(name: string, id: string, by: Ender): Promise<void> {
    const { people } = this.#deps;
    for (let tries = 0; tries < LIMITS.triesMax; tries++) {
      // oxlint-disable-next-line no-await-in-loop -- Each try reads what came between.
      const user = await people.user(id);
      const memberships = user?.memberships.filter(({ namespace }) => namespace !== name) ?? [];
      if (user === null || memberships.length === user.memberships.length) return;
      const next = { ...user, version: user.version + 1, updatedMs: by.nowMs, memberships };
      // Sessions end with a change of roles, but nobody throws themselves out by this one.
      const ends = id === by.id ? "none" : "all";
      // Nobody must remain in charge of what is gone.
      const change = { user: next, ends, remain: NOBODY_NEEDED, reply: null } as const;
      // oxlint-disable-next-line no-await-in-loop
      if ((await people.putUser(change)) === "written") return;
    }
    throw new Refusal(
      "version.conflict",
      `A member of the namespace ${name} changes all the time.`,
    );
  }
}

export function unknownNamespace(name: string): Refusal {
  return new Refusal("namespace.unknown", `There is no namespace ${name}.`);
}
