/**
 * Keeps secrets at rest. The context is authenticated with the text: a value sealed for one place does
 * not open in another.
 */
export interface Cipher {
  seal(plain: string, context: string): string;
  /** Throws when the text was changed, sealed elsewhere, or sealed under another master key. */
  open(sealed: string, context: string): string;
  /** Bytes for one purpose, derived from the master key (HKDF-SHA256, RFC 5869). Stable over restarts. */
  derive(purpose: string): Uint8Array;
}

/** The context under which an executor's secret is sealed. */
export function secretContext(namespace: string, appKey: string): string {
  return `executor\u0000${namespace}\u0000${appKey}\u0000secret`;
}
