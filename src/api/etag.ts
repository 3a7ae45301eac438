import { Refusal } from "../core/refusal.ts";

/**
 * What If-Match asks for: any version, or one of these. A weak tag matches nothing (RFC 9110,
 * 13.1.1).
 */
export type IfMatch =
  | { readonly kind: "any" }
  | { readonly kind: "versions"; readonly versions: readonly number[] };

const TAG = /^(W\/)?"([\u0021\u0023-\u007e]{0,128})"$/;
const TAGS_MAX = 50;

export function etagOf(version: number): string {
  return `"${version}"`;
}

/** Reads If-Match; null without the header. */
export function ifMatchOf(text: string | undefined): IfMatch | null {
  if (text === undefined) return null;
  if (text.trim() === "*") return { kind: "any" };
  const tags = text.split(",").map((tag) => TAG.exec(tag.trim()));
  if (tags.length > TAGS_MAX || tags.includes(null)) throw malformed();
  const versions = tags.flatMap((tag) => {
    const isStrong = tag?.[1] === undefined;
    const value = tag?.[2] ?? "";
    return isStrong && /^\d{1,15}$/.test(value) ? [Number(value)] : [];
  });
  return { kind: "versions", versions };
}

/**
 * The one version to insist on; null for any. Reads the current version only when several would do.
 */
export async function versionWanted(
  ifMatch: IfMatch | null,
  current: () => Promise<number>,
): Promise<number | null> {
  if (ifMatch === null || ifMatch.kind === "any") return null;
  const [only, ...others] = ifMatch.versions;
  if (only === undefined) throw conflict();
  if (others.length === 0) return only;
  const version = await current();
  if (!ifMatch.versions.includes(version)) throw conflict();
  return version;
}

export function conflict(): Refusal {
  return new Refusal("version.conflict", "The stored version is not the one that If-Match names.");
}

function malformed(): Refusal {
  return new Refusal("request.invalid", "If-Match is neither * nor a list of entity tags.", {
    errors: [{ pointer: "/header/if-match", message: "Send an ETag as it was received." }],
    hint: 'Send the ETag of the resource, such as If-Match: "3".',
  });
}
