import type { Cipher } from "../ports/cipher.ts";

const TEXT = "tickwheel";
const CONTEXT = "deployment\u0000key-check";

/** A known text under the master key: what a deployment stores to find out about another key later. */
export function sealKeyCheck(cipher: Cipher): string {
  return cipher.seal(TEXT, CONTEXT);
}

/** Whether this is the master key under which `sealKeyCheck` made the text. */
export function opensKeyCheck(cipher: Cipher, sealed: string): boolean {
  try {
    return cipher.open(sealed, CONTEXT) === TEXT;
  } catch {
    return false;
  }
}
