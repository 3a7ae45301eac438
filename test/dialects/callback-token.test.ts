import { createHmac, generateKeyPairSync } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createCipher } from "../../src/adapters/cipher.ts";
import { createCallbackTokens } from "../../src/dialects/callback-token.ts";
import { cipher, DEPLOYMENT_ID, NOW_MS } from "../support/deliveries.ts";
import { OTHER_MASTER_KEY } from "../support/master-keys.ts";

const RUN = "run_019aa3c1d2007abc8def0123456789ab03";
const DEADLINE_MS = NOW_MS + 60_000;
const tokens = createCallbackTokens(cipher, DEPLOYMENT_ID);
const KEY = cipher.derive("callback-token");
const CLAIMS = {
  iss: DEPLOYMENT_ID,
  shard: 3,
  run: RUN,
  att: 2,
  exp: Math.ceil(DEADLINE_MS / 1_000) + 3_600,
};

const HASHES: Readonly<Record<string, string>> = { HS384: "sha384", HS512: "sha512" };

/** Signs anything, also what no library would. */
function sign(claims: unknown, header: Header = hs("cb+jwt"), key: Uint8Array = KEY): string {
  const [head, payload] = [header, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const signed = `${head}.${payload}`;
  const hash = HASHES[header.alg] ?? "sha256";
  return `${signed}.${createHmac(hash, key).update(signed).digest("base64url")}`;
}

interface Header {
  readonly alg: string;
}

function hs(typ: unknown, more = {}): Header {
  const header = { alg: "HS256", typ, ...more };
  return header;
}

describe("a callback token", () => {
  it("speaks for one attempt", async () => {
    const token = tokens.issue({ run: RUN, attempt: 2, deadlineMs: DEADLINE_MS });

    expect(await tokens.verify(token, NOW_MS)).toEqual({ shard: 3, run: RUN, attempt: 2 });
    expect(token).toBe(sign(CLAIMS));
  });

  it("is valid to an hour after the deadline, and 30 s for clocks that differ", async () => {
    const token = tokens.issue({ run: RUN, attempt: 2, deadlineMs: DEADLINE_MS });
    const endMs = CLAIMS.exp * 1_000;

    expect(await tokens.verify(token, endMs + 29_000)).not.toBeNull();
    expect(await tokens.verify(token, endMs + 31_000)).toBeNull();
  });

  it("is not accepted by another deployment, nor under another key", async () => {
    const token = tokens.issue({ run: RUN, attempt: 2, deadlineMs: DEADLINE_MS });
    const sibling = createCallbackTokens(cipher, "dep_2");
    const stranger = createCallbackTokens(createCipher(OTHER_MASTER_KEY), DEPLOYMENT_ID);

    expect(await sibling.verify(token, NOW_MS)).toBeNull();
    expect(await stranger.verify(token, NOW_MS)).toBeNull();
  });

  it("is refused when any byte of it was changed", async () => {
    const token = tokens.issue({ run: RUN, attempt: 2, deadlineMs: DEADLINE_MS });
    // The last character of each part may carry bits that belong to no byte.
    const places = Array.from(token, (_, i) => i).filter((i) => /[\w-]/.test(token[i + 1] ?? ""));
    const changed = places.map((i) => {
      const char = token[i] === "A" ? "B" : "A";
      return token.slice(0, i) + char + token.slice(i + 1);
    });

    const verdicts = await Promise.all(changed.map((each) => tokens.verify(each, NOW_MS)));

    expect(verdicts.filter((verdict) => verdict !== null)).toEqual([]);
  });
});

describe("what is no callback token", () => {
  const withoutOne = Object.keys(CLAIMS).map((name) => {
    const rest = Object.entries(CLAIMS).filter(([each]) => each !== name);
    return [`without ${name}`, Object.fromEntries(rest)] as const;
  });
  const retyped = Object.entries(CLAIMS).flatMap(([name, value]) => [
    [
      `${name} as text`,
      { ...CLAIMS, [name]: String(value) + (name === "iss" ? "x" : "") },
    ] as const,
    [`${name} as null`, { ...CLAIMS, [name]: null }] as const,
    [`${name} as list`, { ...CLAIMS, [name]: [value, value] }] as const,
    [`${name} as object`, { ...CLAIMS, [name]: { value } }] as const,
  ]);
  const wrongClaims = [
    ...withoutOne,
    ...retyped.filter(([name]) => name !== "run as text"),
    ["shard of another run", { ...CLAIMS, shard: 4 }],
    ["shard that is no shard", { ...CLAIMS, shard: 3.5 }],
    ["negative shard", { ...CLAIMS, shard: -1 }],
    ["run that is none", { ...CLAIMS, run: "run_x" }],
    ["job for a run", { ...CLAIMS, run: RUN.replace("run", "job") }],
    ["attempt zero", { ...CLAIMS, att: 0 }],
    ["attempt that is no whole number", { ...CLAIMS, att: 1.5 }],
    ["negative attempt", { ...CLAIMS, att: -1 }],
    ["expired", { ...CLAIMS, exp: 1 }],
    ["negative expiry", { ...CLAIMS, exp: -1 }],
    ["not valid yet", { ...CLAIMS, nbf: CLAIMS.exp }],
    ["issued by another", { ...CLAIMS, iss: "dep_2" }],
    ["issued by an empty name", { ...CLAIMS, iss: "" }],
  ] as const;

  it.each(wrongClaims)("%s", async (_name, claims) => {
    expect(await tokens.verify(sign(claims), NOW_MS)).toBeNull();
  });

  it.each([
    hs("run+jwt"),
    hs("JWT"),
    hs("CB+JWT"),
    hs("application/cb+jwt"),
    hs("cb+jwt "),
    hs(undefined),
    hs("cb+jwt", { kid: "1" }),
    hs("cb+jwt", { kid: "../../etc/passwd" }),
    hs("cb+jwt", { kid: "' or 1=1 --" }),
    hs("cb+jwt", { jku: "https://evil.example/jwks" }),
    hs("cb+jwt", { x5u: "https://evil.example/x5u" }),
    hs("cb+jwt", { jwk: { kty: "oct", k: "AA" } }),
    hs("cb+jwt", { cty: "JWT" }),
    { ...hs("cb+jwt"), alg: "HS512" },
    { ...hs("cb+jwt"), alg: "HS384" },
  ])("a header %j", async (header) => {
    const key = header.alg === "HS256" ? KEY : Buffer.concat([KEY, KEY]);

    expect(await tokens.verify(sign(CLAIMS, header, key), NOW_MS)).toBeNull();
  });

  it("a token without a signature, or with that of a key pair", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const signed = sign(CLAIMS);
    const [header, payload, signature] = signed.split(".");
    const none = (alg: string) =>
      `${Buffer.from(JSON.stringify({ alg, typ: "cb+jwt" })).toString("base64url")}.${payload}.`;
    const es256 = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "ES256", typ: "cb+jwt" })
      .sign(privateKey);

    const corpus = [
      new UnsecuredJWT(CLAIMS).encode(),
      none("none"),
      none("None"),
      none("NONE"),
      none("HS256"),
      es256,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${signed}.`,
      `${signed}.x`,
      ` ${signed}`,
      `${signed}=`,
      `${signed}\n`,
      `Bearer ${signed}`,
      "",
      ".",
      "..",
      "...",
      "null",
      "{}",
      "a.b.c",
      "x".repeat(1_000_000),
    ];
    const verdicts = await Promise.all(corpus.map((token) => tokens.verify(token, NOW_MS)));

    expect(verdicts.filter((verdict) => verdict !== null)).toEqual([]);
  });
});
