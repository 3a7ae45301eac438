import { Refusal } from "../core/refusal.ts";
import type { Namespace } from "../ports/directory.ts";
import type { ApiDeps } from "./api-deps.ts";
import { FreshCache } from "./fresh-cache.ts";
import { DEFAULT_NAMESPACE, type Principal } from "./principal.ts";
import type { Login } from "./session-store.ts";

/** With this header a caller says which of its namespaces it means. */
export const NAMESPACE_HEADER = "X-Namespace";

const NAMESPACES_FRESH = { entriesMax: 1_000, freshMs: 5_000, staleMs: 600_000 } as const;

/** Which namespace a request is about. One that the caller may not enter is as if it did not exist. */
export class NamespaceChoice {
  readonly #directory: Pick<ApiDeps["directory"], "namespace">;
  readonly #known = new FreshCache<Namespace>(NAMESPACES_FRESH);

  constructor({ directory }: Pick<ApiDeps, "directory">) {
    this.#directory = directory;
  }

  /** A token is of one namespace; only the bootstrap token may name others. */
  async ofToken(principal: Principal, wanted: string | null, nowMs: number): Promise<Principal> {
    if (wanted === null || wanted === principal.namespace) return principal;
    if (!principal.isInstanceAdmin) throw unknownNamespace(wanted);
    await this.#expect(wanted, nowMs);
    return { ...principal, namespace: wanted };
  }

  /** The namespace is gone: nobody enters it any more. */
  forget(name: string): void {
    this.#known.forget(name);
  }

  /** Throws `permission.denied` for a user that is a member of nothing. */
  async ofLogin(login: Login, wanted: string | null, nowMs: number): Promise<Principal> {
    const { session, user } = login;
    const { id, username: name, isInstanceAdmin, memberships } = user;
    const common = { id, kind: "user", name, isInstanceAdmin, session: session.id } as const;
    const isMember = memberships.some(({ namespace }) => namespace === DEFAULT_NAMESPACE);
    const usual =
      isMember || isInstanceAdmin ? DEFAULT_NAMESPACE : (memberships[0]?.namespace ?? null);
    const namespace = wanted ?? usual;
    if (namespace === null)
      throw new Refusal("permission.denied", "You are a member of no namespace.", {
        hint: "Ask an admin to make you a member of one.",
      });
    if (isInstanceAdmin) {
      await this.#expect(namespace, nowMs);
      return { ...common, namespace, role: "owner", executors: null };
    }
    const membership = memberships.find((own) => own.namespace === namespace);
    if (membership === undefined) throw unknownNamespace(namespace);
    return { ...common, namespace, role: membership.role, executors: membership.executors };
  }

  async #expect(name: string, nowMs: number): Promise<void> {
    if (name === DEFAULT_NAMESPACE) return;
    const known = await this.#known.read(name, nowMs, () => this.#directory.namespace(name));
    if (known === null) throw unknownNamespace(name);
  }
}

function unknownNamespace(name: string): Refusal {
  return new Refusal("namespace.unknown", `There is no namespace ${name.slice(0, 100)}.`, {
    errors: [{ pointer: "/header/x-namespace", message: "Not a namespace of yours." }],
    hint: "GET /api/v1/me lists the namespaces that you may name.",
  });
}
