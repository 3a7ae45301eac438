import { createHash, createHmac } from "node:crypto";

export const DEPLOYMENT_ID = "dep_test";

/** What an executor's call is signed from. */
export interface Signing {
  readonly appKey: string;
  readonly appSecret: string;
  readonly bodyText: string;
  readonly nowMs: number;
}

/** The claims of a good token; `jti` differs from call to call. */
export function execClaims({ appKey, bodyText, nowMs }: Signing): Record<string, unknown> {
  const iat = Math.floor(nowMs / 1_000);
  return {
    iss: appKey,
    sub: appKey,
    aud: DEPLOYMENT_ID,
    iat,
    nbf: iat,
    exp: iat + 60,
    jti: nextJti(),
    body: createHash("sha256").update(bodyText).digest("base64url"),
  };
}

export const EXEC_HEADER: Readonly<Record<string, unknown>> = { alg: "HS256", typ: "exec+jwt" };

/** A good token, as an executor in any language would make it. */
export function signExecToken(signing: Signing): string {
  return signedToken(EXEC_HEADER, execClaims(signing), signing.appSecret);
}

/** Signs anything, also what no library would; a header or claims given as text are taken as they are. */
export function signedToken(header: unknown, claims: unknown, secret: string): string {
  const [head, payload] = [header, claims].map((part) =>
    Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url"),
  );
  const signed = `${head}.${payload}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

let made = 0;

function nextJti(): string {
  made++;
  return `jti-of-tests-${String(made).padStart(8, "0")}`;
}
