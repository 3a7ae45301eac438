import { Refusal } from "../core/refusal.ts";

const CURSOR_CHARACTERS_MAX = 1_024;

/** Where a page ended: which list it was of, and the keys of its last row. */
export interface Keyset {
  readonly list: string;
  readonly keys: readonly (string | number)[];
}

/** A keyset as opaque text for the caller: JSON in base64url. */
export function encodeCursor(keyset: Keyset): string {
  const bytes = new TextEncoder().encode(JSON.stringify([keyset.list, ...keyset.keys]));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The keys in a cursor. `isKeys` tells whether they are those of this list. Throws
 * `Refusal("cursor.invalid")` for a text that this list did not give out.
 */
export function decodeCursor<Keys extends Keyset["keys"]>(
  cursor: string,
  list: string,
  isKeys: (keys: readonly unknown[]) => keys is Keys,
): Keys {
  const [name, ...keys] = parse(cursor);
  if (name !== list || !isKeys(keys)) throw invalid();
  return keys;
}

function parse(cursor: string): readonly unknown[] {
  if (cursor.length > CURSOR_CHARACTERS_MAX) throw invalid();
  try {
    const bytes = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    const utf8 = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
    const value: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(utf8),
    );
    if (Array.isArray(value)) return value;
  } catch {
    // Not base64, not UTF-8 or not JSON: in each case not a cursor of ours.
  }
  throw invalid();
}

function invalid(): Refusal {
  return new Refusal("cursor.invalid", "The cursor was not given out by this list.", {
    hint: "Leave out `cursor` to begin at the first page.",
  });
}
