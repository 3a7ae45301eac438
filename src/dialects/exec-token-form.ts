const EXEC_TOKEN_LIMITS = {
  charsMax: 2_048,
  /** From `iat` to `exp`. */
  secondsMax: 300,
  clockToleranceSeconds: 30,
} as const;

/** The claims of an executor's token, of which nothing is proved yet. Instants are in seconds. */
export interface ExecClaims {
  /** The appKey. Also `sub`, which must be the same. */
  readonly iss: string;
  readonly aud: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly jti: string;
  /** SHA-256 of the raw body, base64url. */
  readonly body: string;
}

export interface ExecToken {
  readonly claims: ExecClaims;
  /** What the signature covers. */
  readonly signed: string;
  readonly signature: string;
}

/** Exactly the compact form: decoders overlook padding and line breaks. 43 characters are 32 bytes. */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]{43})$/;
/** No `kid`, `jku` or `crit`, and no field twice: these two, in either order. */
const HEADERS: readonly RegExp[] = [
  /^\s*\{\s*"alg"\s*:\s*"HS256"\s*,\s*"typ"\s*:\s*"exec\+jwt"\s*\}\s*$/,
  /^\s*\{\s*"typ"\s*:\s*"exec\+jwt"\s*,\s*"alg"\s*:\s*"HS256"\s*\}\s*$/,
];
const APP_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const BODY_DIGEST = /^[\w-]{43}$/;
const JTI = /^[^]{8,128}$/;
const ANY = /^[^]+$/;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Takes a token apart. Null for one that is not of our form, whoever signed it. */
export function execTokenIn(token: string): ExecToken | null {
  if (token.length > EXEC_TOKEN_LIMITS.charsMax) return null;
  const [, head, payload, signature] = COMPACT.exec(token) ?? [];
  if (head === undefined || payload === undefined || signature === undefined) return null;
  const header = textOf(head) ?? "";
  if (!HEADERS.some((form) => form.test(header))) return null;
  const claims = claimsOf(jsonOf(textOf(payload)));
  return claims === null ? null : { claims, signed: `${head}.${payload}`, signature };
}

/** Whether a token counts now: it lives at most five minutes, and clocks may differ by half of one. */
export function isInTime({ iat, nbf, exp }: ExecClaims, nowMs: number): boolean {
  const { secondsMax, clockToleranceSeconds: tolerance } = EXEC_TOKEN_LIMITS;
  const nowSeconds = nowMs / 1_000;
  if (exp <= iat || exp - iat > secondsMax) return false;
  const hasBegun = iat <= nowSeconds + tolerance && nbf <= nowSeconds + tolerance;
  return hasBegun && exp > nowSeconds - tolerance;
}

function claimsOf(payload: unknown): ExecClaims | null {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return null;
  const claims = new Map<string, unknown>(Object.entries(payload));
  const texts = textsIn(claims);
  const times = timesIn(claims);
  return texts === null || times === null ? null : { ...texts, ...times };
}

function textsIn(
  claims: ReadonlyMap<string, unknown>,
): Pick<ExecClaims, "iss" | "aud" | "jti" | "body"> | null {
  const iss = textIn(claims.get("iss"), APP_KEY);
  const aud = textIn(claims.get("aud"), ANY);
  const jti = textIn(claims.get("jti"), JTI);
  const body = textIn(claims.get("body"), BODY_DIGEST);
  if (iss === null || claims.get("sub") !== iss) return null;
  if (aud === null || body === null || jti === null) return null;
  return { iss, aud, jti, body };
}

function timesIn(
  claims: ReadonlyMap<string, unknown>,
): Pick<ExecClaims, "iat" | "nbf" | "exp"> | null {
  const iat = secondsIn(claims.get("iat"));
  const nbf = secondsIn(claims.get("nbf"));
  const exp = secondsIn(claims.get("exp"));
  return iat === null || nbf === null || exp === null ? null : { iat, nbf, exp };
}

function textIn(value: unknown, form: RegExp): string | null {
  return typeof value === "string" && form.test(value) ? value : null;
}

function secondsIn(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function textOf(base64url: string): string | undefined {
  try {
    return UTF8.decode(Buffer.from(base64url, "base64url"));
  } catch {
    return undefined;
  }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
