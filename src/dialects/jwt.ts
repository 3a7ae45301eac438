import { createHash, createHmac, timingSafeEqual, type KeyObject } from "node:crypto";
import type { Json } from "../core/json.ts";

/** The kinds of tokens that we sign: for a run's executor, for its callback, and to watch. */
export type TokenKind = "run+jwt" | "cb+jwt" | "lt+jwt";

const HEADERS: Readonly<Record<TokenKind, string>> = {
  "run+jwt": encode({ alg: "HS256", typ: "run+jwt" }),
  "cb+jwt": encode({ alg: "HS256", typ: "cb+jwt" }),
  "lt+jwt": encode({ alg: "HS256", typ: "lt+jwt" }),
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
  return `${signed}.${macOf(signed, key)}`;
}

/**
 * The claims of a token that `signJwt` made under this key, byte for byte; null for any other. The claims
 * are as they were signed: whether they still hold is the caller's question.
 */
export function claimsOfJwt(
  kind: TokenKind,
  token: string,
  key: KeyObject,
): { readonly [claim: string]: Json } | null {
  const [header, claims, mac, ...rest] = token.split(".");
  if (header !== HEADERS[kind] || claims === undefined || rest.length > 0) return null;
  const wanted = Buffer.from(macOf(`${header}.${claims}`, key));
  const sent = Buffer.from(mac ?? "");
  if (sent.length !== wanted.length || !timingSafeEqual(sent, wanted)) return null;
  // What we have signed is an object of our own making.
  return JSON.parse(Buffer.from(claims, "base64url").toString("utf8"));
}

function macOf(signed: string, key: KeyObject): string {
  return createHmac("sha256", key).update(signed).digest("base64url");
}

/** The `body` claim: it binds a token to the bytes that it came with. */
export function bodyDigest(body: string): string {
  return createHash("sha256").update(body, "utf8").digest("base64url");
}

function encode(value: { readonly [claim: string]: Json }): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}
