import type { QuotaBook, Quotas } from "../src/ports/quotas.ts";
import type { Env } from "./env.ts";

/** The epoch, as in the names of shards: another layout gets other names. */
const PREFIX = "v1:q:";

/** The namespace in the name of a book's object; null for any other name. */
export function namespaceOfQuota(name: string): string | null {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
}

/** A stub for one call or a few: after an error it is not to be used again. */
function quotaStub(env: Pick<Env, "QUOTA">, namespace: string): QuotaBook {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The binding names `QuotaObject`.
  return env.QUOTA.getByName(PREFIX + namespace) as unknown as QuotaBook;
}

/** The way to the quota books, each in its own object. */
export class DurableQuotas implements Quotas {
  readonly #env: Pick<Env, "QUOTA">;

  constructor(env: Pick<Env, "QUOTA">) {
    this.#env = env;
  }

  of(namespace: string): QuotaBook {
    const stub = (): QuotaBook => quotaStub(this.#env, namespace);
    return {
      begin: async (...call) => stub().begin(...call),
      beginDeletion: async (...call) => stub().beginDeletion(...call),
      end: async (...call) => stub().end(...call),
      addFound: async (...call) => stub().addFound(...call),
      looked: async (...call) => stub().looked(...call),
      clear: async () => stub().clear(),
    };
  }
}
