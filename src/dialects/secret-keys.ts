import { createSecretKey, type KeyObject } from "node:crypto";
import { BoundedMap } from "../core/bounded-map.ts";
import { secretContext, type Cipher } from "../ports/cipher.ts";
import { webhookKey } from "./webhook-secret.ts";

export const SECRET_KEY_LIMITS = { keptMax: 4_096 } as const;

/** Opened secrets, ready to sign: opening and deriving cost more than signing does. */
export class SecretKeys {
  readonly #cipher: Cipher;
  readonly #keys = new BoundedMap<string, KeyObject>(SECRET_KEY_LIMITS.keptMax);

  constructor(cipher: Cipher) {
    this.#cipher = cipher;
  }

  webhook(namespace: string, generation: number): KeyObject {
    const name = `webhook ${generation} ${namespace}`;
    return this.#kept(name, () => webhookKey(this.#cipher, namespace, generation));
  }

  /** Throws when the secret was not sealed for this executor by this deployment. */
  executor(namespace: string, appKey: string, sealedSecret: string): KeyObject {
    const context = secretContext(namespace, appKey);
    // A changed secret is sealed anew, so its old key is never found under the new name.
    return this.#kept(`${context} ${sealedSecret}`, () =>
      Buffer.from(this.#cipher.open(sealedSecret, context), "utf8"),
    );
  }

  #kept(name: string, bytes: () => Uint8Array): KeyObject {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = createSecretKey(bytes());
    this.#keys.set(name, key);
    return key;
  }
}
