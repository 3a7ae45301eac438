import { createSecretKey, type KeyObject } from "node:crypto";
import { BoundedMap } from "../core/bounded-map.ts";
import { secretContext, type Cipher } from "../ports/cipher.ts";
import type { ExecutorSecret } from "../ports/executors.ts";

const KEYS_KEPT_MAX = 4_096;

/** Of no executor: names are never empty. */
const NOBODYS = secretContext("", "");

type Sealed = Pick<ExecutorSecret, "id" | "sealed">;

interface SealedSecrets {
  readonly namespace: string;
  readonly appKey: string;
  readonly secrets: readonly Sealed[];
}

/** A secret that was opened, and for whom it was sealed. */
export interface OpenedSecret {
  readonly key: KeyObject;
  readonly context: string;
}

/**
 * Opened secrets of executors, always two. What is missing is made up for by ones that fit no token,
 * found in the same way: so the time tells neither how many secrets an executor has nor whether it exists.
 */
export class ExecKeys {
  readonly #cipher: Cipher;
  /** By the sealed text alone: putting a name together for each token takes as long as the name is. */
  readonly #opened = new BoundedMap<string, OpenedSecret>(KEYS_KEPT_MAX);
  readonly #nobodys: readonly Sealed[];

  constructor(cipher: Cipher) {
    this.#cipher = cipher;
    this.#nobodys = ["older", "newer"].map((which) => secretOfNobody(cipher, which));
  }

  /** Throws when a secret was not sealed for this executor by this deployment. */
  pair(executor: SealedSecrets): readonly [OpenedSecret, OpenedSecret] {
    return [this.#openedAt(0, executor), this.#openedAt(1, executor)];
  }

  #openedAt(i: number, { namespace, appKey, secrets }: SealedSecrets): OpenedSecret {
    const isThere = i < secrets.length;
    const sealed = (isThere ? secrets : this.#nobodys)[i]?.sealed ?? "";
    const known = this.#opened.get(sealed);
    if (known !== undefined) return known;
    const context = isThere ? secretContext(namespace, appKey) : NOBODYS;
    const bytes = Buffer.from(this.#cipher.open(sealed, context), "utf8");
    const opened = { key: createSecretKey(bytes), context };
    this.#opened.set(sealed, opened);
    return opened;
  }
}

/** Fits no token, for nobody else can derive it. */
function secretOfNobody(cipher: Cipher, which: string): Sealed {
  const bytes = Buffer.from(cipher.derive(`exec-token-of-nobody ${which}`));
  return { id: "", sealed: cipher.seal(`tws_${bytes.toString("base64url")}`, NOBODYS) };
}
