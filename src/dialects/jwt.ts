import { createHash, createHmac, type KeyObject } from "node:crypto";
import type { Json } from "../core/json.ts";

/** The kinds of tokens that we sign: for a run's executor, and for its callback. */
export type TokenKind = "run+jwt" | "cb+jwt";

const HEADERS: Readonly<Record<TokenKind, string>> = {
  "run+jwt": encode({ alg: "HS256", typ: "run+jwt" }),
  "cb+jwt": encode({ alg: "HS256", typ: "cb+jwt" }),
};

/**
 * A compact token (RFC 7519) under HMAC-SHA256. It is signed here because a `KeyObject` takes 2 µs
 * and WebCrypto, through which libraries sign, twenty times as much; tests hold it equal to what
 * jose makes.
 */
export function signJwt(
  kind: TokenKind,
  claims: { readonly [claim: string]: Json },
  key: KeyObject,
): string {
  const signed = `${HEADERS[kind]}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

/** The `body` claim: it binds a token to the bytes that it came with. */
export function bodyDigest(body: string): string {
  return createHash("sha256").update(body, "utf8").digest("base64url");
}

function encode(value: { readonly [claim: string]: Json }): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}
