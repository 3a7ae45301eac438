import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { EXEC_HEADER, execClaims, signedToken, type Signing } from "./exec-tokens.ts";

/** What an attacker may have at hand, and the good call that is to be forged. */
export interface Known extends Signing {
  /** An executor of the attacker's own. */
  readonly otherAppKey: string;
  readonly otherSecret: string;
  readonly apiToken: string;
  readonly callbackToken: string;
}

/** What is sent as `Authorization`: several values are several headers. */
export type Attack = (known: Known) => string | readonly string[];

const GOOD = { alg: "HS256", typ: "exec+jwt" };
const CLAIMS = ["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "body"];
const HASHES: Readonly<Record<string, string>> = { HS384: "sha384", HS512: "sha512" };

/** Every attack by its name. Each but the last few groups is well signed, and false in one way only. */
export const ATTACKS: readonly (readonly [string, Attack])[] = [
  ...CLAIMS.map((claim) => claims(`no ${claim}`, () => ({ [claim]: undefined }))),
  ...CLAIMS.map((claim) => claims(`${claim} null`, () => ({ [claim]: null }))),
  ...CLAIMS.map((claim) => claims(`${claim} in a list`, (good) => ({ [claim]: [good[claim]] }))),
  ...["iat", "nbf", "exp"].flatMap((claim) => [
    claims(`${claim} as text`, (good) => ({ [claim]: String(good[claim]) })),
    claims(`${claim} with a fraction`, (good) => ({ [claim]: Number(good[claim]) + 0.5 })),
    claims(`${claim} below zero`, () => ({ [claim]: -1 })),
  ]),
  ...["iss", "sub", "aud", "jti", "body"].flatMap((claim) => [
    claims(`${claim} a number`, () => ({ [claim]: 12_345_678 })),
    claims(`${claim} empty`, () => ({ [claim]: "" })),
  ]),
  claims("iss of another executor", (_, { otherAppKey }) => ({ iss: otherAppKey })),
  claims("sub of another executor", (_, { otherAppKey }) => ({ sub: otherAppKey })),
  claims("another executor", (_, { otherAppKey: app }) => ({ iss: app, sub: app })),
  claims("an unknown executor", () => ({ iss: "nobody", sub: "nobody" })),
  claims("an appKey with a path", () => ({ iss: "../orders", sub: "../orders" })),
  claims("an appKey that is a prototype's", () => ({ iss: "__proto__", sub: "__proto__" })),
  claims("another deployment", () => ({ aud: "dep_other" })),
  claims("an audience that is the executor", ({ iss }) => ({ aud: iss })),
  claims("iss and aud swapped", ({ iss, aud }) => ({ iss: aud, sub: aud, aud: iss })),
  times("expired", () => [-95, -35]),
  times("expired yesterday", () => [-86_460, -86_400]),
  times("of the future", () => [35, 95]),
  times("good for longer than five minutes", () => [0, 301]),
  times("good for ever", () => [0, 9_000_000_000]),
  times("good for no time", () => [0, 0]),
  times("ended before it began", () => [20, 10]),
  claims("not yet good", (good) => ({ nbf: Number(good["nbf"]) + 35 })),
  claims("a jti of 7 characters", () => ({ jti: "1234567" })),
  claims("a jti of 129 characters", () => ({ jti: "j".repeat(129) })),
  claims("another body", () => ({ body: digestOf('{"address":"https://evil.example"}') })),
  claims("no body at all", () => ({ body: digestOf("") })),
  claims("the body's digest in hex", (_, { bodyText }) => ({ body: digestOf(bodyText, "hex") })),
  claims("the body's digest padded", (good) => ({ body: `${String(good["body"])}=` })),
  claims("a length of 2,049 characters", () => ({ pad: "x".repeat(1_600) })),
  ...["null", "[]", '"iss"', "7", "{", ""].map((text): [string, Attack] => [
    `claims that are ${text || "nothing"}`,
    ({ appSecret }) => bearer(signedToken(EXEC_HEADER, text, appSecret)),
  ]),

  ...["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "hs256", ""].map((alg) =>
    header(`alg ${alg || "empty"}`, { ...GOOD, alg }),
  ),
  ...["JWT", "run+jwt", "cb+jwt", "EXEC+JWT", "exec+jwt ", "application/exec+jwt", ""].map((typ) =>
    header(`typ ${typ || "empty"}`, { ...GOOD, typ }),
  ),
  header("no alg", { typ: "exec+jwt" }),
  header("no typ", { alg: "HS256" }),
  header("kid", { ...GOOD, kid: "1" }),
  header("kid with a path", { ...GOOD, kid: "../../../../dev/null" }),
  header("kid with SQL", { ...GOOD, kid: "x' UNION SELECT 'secret'--" }),
  header("jku", { ...GOOD, jku: "https://evil.example/jwks.json" }),
  header("jwk", { ...GOOD, jwk: { kty: "oct", k: "AAAA" } }),
  header("x5u", { ...GOOD, x5u: "https://evil.example/cert.pem" }),
  header("x5c", { ...GOOD, x5c: ["AAAA"] }),
  header("crit", { ...GOOD, crit: ["exp"] }),
  header("b64", { ...GOOD, b64: false, crit: ["b64"] }),
  header("zip", { ...GOOD, zip: "DEF" }),
  header("cty", { ...GOOD, cty: "JWT" }),
  header("alg twice", '{"alg":"none","alg":"HS256","typ":"exec+jwt"}'),
  header("typ twice", '{"typ":"run+jwt","typ":"exec+jwt","alg":"HS256"}'),
  header("alg in escapes", '{"alg":"HS\\u0032\\u0035\\u0036","typ":"exec+jwt"}'),
  header("a header that is a list", '["HS256","exec+jwt"]'),
  header("a header that is null", "null"),
  header("a header that is nothing", ""),

  signature("by another executor", ({ otherSecret }) => otherSecret),
  signature("by the appKey", ({ appKey }) => appKey),
  signature("by the secret without its prefix", ({ appSecret }) => appSecret.slice(4)),
  signature("by the secret's bytes", ({ appSecret }) => Buffer.from(appSecret.slice(4), "base64")),
  signature("by nothing", () => ""),
  ...Object.entries(HASHES).map(([alg, hash]): [string, Attack] => [
    `a true ${alg}`,
    (known) => {
      const signed = signedPart({ ...GOOD, alg }, known);
      return bearer(`${signed}.${mac(hash, known.appSecret, signed)}`);
    },
  ]),
  ["a true RS256", (known) => bearer(rsaToken(known))],
  ["an unsigned token", (known) => bearer(`${signedPart({ ...GOOD, alg: "none" }, known)}.`)],
  ["a token without its signature", (known) => bearer(signedPart(GOOD, known))],
  cut("a signature cut short", (token) => token.slice(0, -1)),
  cut("a signature with a bit more", (token) => `${token}A`),
  cut("a signature of zeros", (token) => `${token.slice(0, -43)}${"A".repeat(43)}`),
  cut("a signature spelled otherwise", spelledOtherwise),
  cut("padding", (token) => `${token}=`),
  cut("padding of the payload", (token) => token.replace(/\.([^.]*)$/, "=.$1")),
  cut("a point at its end", (token) => `${token}.`),
  cut("five parts", (token) => `${token}.AAAA.AAAA`),
  cut("no payload", (token) => token.replace(/\.[^.]*\./, "..")),
  cut("a plus sign", (token) => `+${token.slice(1)}`),
  cut("a percent sign", (token) => token.replace(".", "%2E")),
  cut("a payload of another token", (token, known) => {
    const other = signedToken(EXEC_HEADER, { ...execClaims(known), jti: "another-one" }, "x");
    const [head, , end] = token.split(".");
    return `${head}.${other.split(".")[1]}.${end}`;
  }),

  ["an API token", ({ apiToken }) => bearer(apiToken)],
  ["a callback token", ({ callbackToken }) => bearer(callbackToken)],
  ["a text that is no token", () => bearer("a.b.c")],
  ...["Basic", "bearer", "BEARER", "Token", "Bearer:", "Bearer Bearer", "Digest"].map(
    (scheme): [string, Attack] => [
      `the scheme ${scheme}`,
      (known) => `${scheme} ${goodToken(known)}`,
    ],
  ),
  ["no scheme", (known) => goodToken(known)],
  ["no token", () => "Bearer"],
  ["two spaces", (known) => `Bearer  ${goodToken(known)}`],
  ["a tab", (known) => `Bearer\t${goodToken(known)}`],
  ["two headers", (known) => [bearer(goodToken(known)), bearer(goodToken(known))]],
  ["a list of two", (known) => `${bearer(goodToken(known))}, ${bearer(goodToken(known))}`],
  ["a list with one that is nothing", (known) => `${bearer(goodToken(known))},`],
  ["something behind it", (known) => `${bearer(goodToken(known))} x`],
  ["a parameter", (known) => `Bearer token="${goodToken(known)}"`],
];

function bearer(token: string): string {
  return `Bearer ${token}`;
}

function goodToken(known: Known): string {
  return signedToken(EXEC_HEADER, execClaims(known), known.appSecret);
}

function claims(
  name: string,
  changes: (good: Record<string, unknown>, known: Known) => Record<string, unknown>,
): [string, Attack] {
  return [
    name,
    (known) => {
      const right = execClaims(known);
      const wrong = { ...right, ...changes(right, known) };
      return bearer(signedToken(EXEC_HEADER, wrong, known.appSecret));
    },
  ];
}

/** `iat` (and `nbf`) and `exp`, in seconds from now. */
function times(name: string, span: () => readonly [number, number]): [string, Attack] {
  return claims(name, ({ iat }) => {
    const [begin, end] = span().map((seconds) => Number(iat) + seconds);
    return { iat: begin, nbf: begin, exp: end };
  });
}

function header(name: string, head: unknown): [string, Attack] {
  return [name, (known) => bearer(signedToken(head, execClaims(known), known.appSecret))];
}

function signature(name: string, key: (known: Known) => string | Uint8Array): [string, Attack] {
  return [
    `signed ${name}`,
    (known) => {
      const signed = signedPart(GOOD, known);
      return bearer(`${signed}.${mac("sha256", key(known), signed)}`);
    },
  ];
}

function cut(name: string, change: (token: string, known: Known) => string): [string, Attack] {
  return [name, (known) => bearer(change(goodToken(known), known))];
}

/** The last of 43 characters stands for four bits: four spellings decode to the same bytes. */
function spelledOtherwise(token: string): string {
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = ALPHABET.indexOf(token.slice(-1));
  return `${token.slice(0, -1)}${ALPHABET[last + 1] ?? ""}`;
}

function signedPart(head: unknown, known: Known): string {
  return signedToken(head, execClaims(known), "").split(".").slice(0, 2).join(".");
}

function mac(hash: string, key: string | Uint8Array, signed: string): string {
  return createHmac(hash, key).update(signed).digest("base64url");
}

function rsaToken(known: Known): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const signed = signedPart({ ...GOOD, alg: "RS256" }, known);
  return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
}

function digestOf(text: string, spelling: "base64url" | "hex" = "base64url"): string {
  return createHash("sha256").update(text).digest(spelling);
}
