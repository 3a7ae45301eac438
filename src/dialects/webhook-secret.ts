import type { Cipher } from "../ports/cipher.ts";

/**
 * The 32 bytes that sign a namespace's webhooks. A generation is never stored: it is derived again.
 */
export function webhookKey(cipher: Cipher, namespace: string, generation: number): Uint8Array {
  return cipher.derive(`webhook:${namespace}:${generation}`);
}

/** The same as receivers configure it, in the form of Standard Webhooks 1.0.0. */
export function webhookSecret(cipher: Cipher, namespace: string, generation: number): string {
  return `whsec_${Buffer.from(webhookKey(cipher, namespace, generation)).toString("base64")}`;
}
