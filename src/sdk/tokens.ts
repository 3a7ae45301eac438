import { jwtVerify, SignJWT, type JWTPayload } from "jose";

export const TOKEN_LIMITS = {
  charsMax: 2_048,
  clockToleranceSeconds: 30,
  /** From issue to expiry. */
  lifeSecondsMax: 300,
  /** Of our own: short, because the scheduler remembers every one until it has expired. */
  ownLifeSeconds: 60,
  secretsMax: 2,
  secretBytesMin: 32,
} as const;

/** Exactly the compact form: decoders overlook padding and line breaks. */
const BEARER = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/;
const CLAIMS_OF_ALL: readonly string[] = ["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "body"];
const CLAIMS_OF_RUNS: readonly string[] = ["run", "att"];

/** What a token of the scheduler proves about the request that it came with. */
export interface RunClaims {
  readonly jti: string;
  /** By the scheduler's clock. */
  readonly issuedMs: number;
  /** From when on the token is worth nothing: it need not be remembered any longer. */
  readonly deadMs: number;
  /** The attempt that it speaks of; null where it speaks of none. */
  readonly attempt: { readonly run: string; readonly attempt: number } | null;
}

/** A request of the scheduler, as far as its token is bound to it. */
export interface SignedRequest {
  readonly authorization: string | null;
  /** Of our own paths, such as `/tickwheel/run`. */
  readonly path: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Verifies what the scheduler sends (`run+jwt`), and signs what is sent to it (`exec+jwt`). */
export interface Tokens {
  /** Null when the token is missing, forged, too old, for somebody else, or not for this request. */
  verify(request: SignedRequest, nowMs: number): Promise<RunClaims | null>;
  /** For one call with this body: the token can be used once. */
  sign(call: {
    readonly body: string;
    readonly jti: string;
    readonly nowMs: number;
  }): Promise<string>;
}

export interface TokenSettings {
  readonly appKey: string;
  /** The first signs; all verify, so that a secret can be exchanged without a pause. */
  readonly appSecrets: readonly string[];
  readonly deployment: string;
  /** Where this executor is reached; null accepts a token for any address, but for one path only. */
  readonly address: string | null;
}

/** Throws when there is no secret, or one that is too short to be one of the scheduler's. */
export function createTokens(settings: TokenSettings): Tokens {
  const secrets = settings.appSecrets.map((secret) => new TextEncoder().encode(secret));
  checkSecrets(secrets);
  let imported: Promise<readonly CryptoKey[]> | null = null;
  const keys = (): Promise<readonly CryptoKey[]> => (imported ??= Promise.all(secrets.map(keyOf)));

  return {
    async verify(request, nowMs) {
      const token = BEARER.exec(request.authorization ?? "")?.[1];
      if (token === undefined || token.length > TOKEN_LIMITS.charsMax) return null;
      const isOfRun = !request.path.endsWith("/health");
      const payload = await verified(token, await keys(), { settings, nowMs, isOfRun });
      if (payload === null || !isForUrl(payload.sub, request.path, settings.address)) return null;
      if (payload["body"] !== (await digestOf(request.body))) return null;
      return claimsOf(payload, { isOfRun, nowMs });
    },

    async sign({ body, jti, nowMs }) {
      const [key] = await keys();
      if (key === undefined) throw new Error("bug: an executor has a secret");
      const issuedAt = Math.floor(nowMs / 1_000);
      return new SignJWT({ body: await digestOf(new TextEncoder().encode(body)), jti })
        .setProtectedHeader({ alg: "HS256", typ: "exec+jwt" })
        .setIssuer(settings.appKey)
        .setSubject(settings.appKey)
        .setAudience(settings.deployment)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + TOKEN_LIMITS.ownLifeSeconds)
        .sign(key);
    },
  };
}

/** The URL of one of our paths under an address, spelled as the scheduler spells it. */
export function urlUnder(address: string, path: string): string {
  const url = new URL(address);
  url.pathname = url.pathname.replace(/\/+$/, "") + path;
  url.search = "";
  url.hash = "";
  return url.href;
}

async function verified(
  token: string,
  keys: readonly CryptoKey[],
  expected: {
    readonly settings: TokenSettings;
    readonly nowMs: number;
    readonly isOfRun: boolean;
  },
): Promise<JWTPayload | null> {
  const { settings, nowMs, isOfRun } = expected;
  const options = {
    algorithms: ["HS256"],
    typ: "run+jwt",
    issuer: settings.deployment,
    audience: settings.appKey,
    requiredClaims: [...CLAIMS_OF_ALL, ...(isOfRun ? CLAIMS_OF_RUNS : [])],
    clockTolerance: TOKEN_LIMITS.clockToleranceSeconds,
    currentDate: new Date(nowMs),
  };
  const tries = await Promise.allSettled(keys.map((key) => jwtVerify(token, key, options)));
  for (const tried of tries) {
    if (tried.status === "rejected") continue;
    const { payload, protectedHeader } = tried.value;
    // No kid, jku or crit: the scheduler's tokens have exactly these two fields, spelled exactly so.
    const isPlain = protectedHeader.typ === "run+jwt" && Object.keys(protectedHeader).length === 2;
    return isPlain && payload.aud === settings.appKey ? payload : null;
  }
  return null;
}

function claimsOf(
  payload: JWTPayload,
  { isOfRun, nowMs }: { readonly isOfRun: boolean; readonly nowMs: number },
): RunClaims | null {
  const { jti, iat, exp, run, att } = payload;
  if (typeof jti !== "string" || iat === undefined || exp === undefined) return null;
  const isInTime = exp > iat && exp - iat <= TOKEN_LIMITS.lifeSecondsMax;
  if (!isInTime || iat > nowMs / 1_000 + TOKEN_LIMITS.clockToleranceSeconds) return null;
  const deadMs = (exp + TOKEN_LIMITS.clockToleranceSeconds) * 1_000;
  const common = { jti, issuedMs: iat * 1_000, deadMs };
  if (!isOfRun) return { ...common, attempt: null };
  if (typeof run !== "string" || typeof att !== "number") return null;
  return { ...common, attempt: { run, attempt: att } };
}

function isForUrl(subject: string | undefined, path: string, address: string | null): boolean {
  if (subject === undefined || !URL.canParse(subject)) return false;
  return address === null
    ? new URL(subject).pathname.endsWith(path)
    : subject === urlUnder(address, path);
}

async function digestOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const text = btoa(String.fromCharCode(...digest));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function keyOf(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", secret, algorithm, false, ["sign", "verify"]);
}

function checkSecrets(secrets: readonly Uint8Array[]): void {
  const { secretsMax, secretBytesMin } = TOKEN_LIMITS;
  if (secrets.length === 0 || secrets.length > secretsMax)
    throw new Error(`appSecret: give one secret, or ${secretsMax} while they are exchanged`);
  if (secrets.some(({ length }) => length < secretBytesMin))
    throw new Error(`appSecret: a secret of the scheduler has at least ${secretBytesMin} bytes`);
}
