import { SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createCipher } from "../../src/adapters/cipher.ts";
import { createExecTokens } from "../../src/dialects/exec-token.ts";
import { secretContext } from "../../src/ports/cipher.ts";
import { DEPLOYMENT_ID, EXEC_HEADER, execClaims, signedToken } from "../support/exec-tokens.ts";
import { MASTER_KEY, OTHER_MASTER_KEY } from "../support/master-keys.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 2);
const BODY = '{"address":"https://one.example.com"}';
const SECRET = "tws_".padEnd(47, "a");
const NEXT_SECRET = "tws_".padEnd(47, "b");
const cipher = createCipher(MASTER_KEY);
const tokens = createExecTokens({ cipher, deploymentId: DEPLOYMENT_ID });
const signing = { appKey: "orders", appSecret: SECRET, bodyText: BODY, nowMs: NOW_MS };

const sealed = (id: string, secret: string, appKey = "orders") => ({
  id,
  sealed: cipher.seal(secret, secretContext("default", appKey)),
});
const CURRENT = sealed("current", SECRET);
const NEXT = sealed("next", NEXT_SECRET);
const expected = {
  appKey: "orders",
  namespace: "default",
  secrets: [CURRENT],
  bodyText: BODY,
  nowMs: NOW_MS,
};
const tokenOf = (secret = SECRET): string => signedToken(EXEC_HEADER, execClaims(signing), secret);

describe("a token of an executor", () => {
  it("says which secret signed it, its single use and its end", async () => {
    const claims = execClaims(signing);
    const token = signedToken(EXEC_HEADER, claims, SECRET);

    expect(tokens.claimedAppKey(token)).toBe("orders");
    expect(await tokens.verify(token, expected)).toEqual({
      secretId: "current",
      jti: claims["jti"],
      expMs: Number(claims["exp"]) * 1_000,
    });
  });

  it("is what jose makes", async () => {
    const token = await new SignJWT(execClaims(signing))
      .setProtectedHeader({ alg: "HS256", typ: "exec+jwt" })
      .sign(Buffer.from(SECRET));

    expect(await tokens.verify(token, expected)).not.toBeNull();
  });

  it.each([
    '{"typ":"exec+jwt","alg":"HS256"}',
    '{"alg": "HS256", "typ": "exec+jwt"}',
    '{\n  "alg": "HS256",\n  "typ": "exec+jwt"\n}\n',
  ])("may have its header spelled as %j", async (header) => {
    const token = signedToken(header, execClaims(signing), SECRET);

    expect(await tokens.verify(token, expected)).not.toBeNull();
  });

  it("may be signed with either of two secrets", async () => {
    const both = { ...expected, secrets: [CURRENT, NEXT] };

    expect(await tokens.verify(tokenOf(SECRET), both)).toMatchObject({ secretId: "current" });
    expect(await tokens.verify(tokenOf(NEXT_SECRET), both)).toMatchObject({ secretId: "next" });
  });

  it("counts for nobody where there is no secret", async () => {
    expect(await tokens.verify(tokenOf(), { ...expected, secrets: [] })).toBeNull();
  });

  it.each([
    ["another appKey", { appKey: "other" }],
    ["another body", { bodyText: `${BODY} ` }],
    ["another secret", { secrets: [NEXT] }],
    ["a time before it", { nowMs: NOW_MS - 31_000 }],
    ["a time after it", { nowMs: NOW_MS + 91_000 }],
  ])("is refused for %s", async (_, change) => {
    expect(await tokens.verify(tokenOf(), { ...expected, ...change })).toBeNull();
  });

  it("is refused by another deployment", async () => {
    const other = createExecTokens({ cipher, deploymentId: "dep_2" });

    expect(await other.verify(tokenOf(), expected)).toBeNull();
  });

  it.each([
    ["a line break in it", (token: string) => token.replace(".", "\n.")],
    ["a line break behind it", (token: string) => `${token}\n`],
    ["a space before it", (token: string) => ` ${token}`],
    ["a byte order mark", (token: string) => `\uFEFF${token}`],
    ["a lone dot", () => "."],
    ["nothing", () => ""],
  ])("is none with %s", async (_, change) => {
    const token = change(tokenOf());

    expect(tokens.claimedAppKey(token)).toBeNull();
    expect(await tokens.verify(token, expected)).toBeNull();
  });

  it("is none when its payload is not valid UTF-8", () => {
    const payload = Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url");
    const [head, , signature] = tokenOf().split(".");

    expect(tokens.claimedAppKey(`${head}.${payload}.${signature}`)).toBeNull();
  });
});

describe("a sealed secret", () => {
  it("opens for no other executor, also when it was opened before", async () => {
    const other = { ...signing, appKey: "other" };
    const token = signedToken(EXEC_HEADER, execClaims(other), SECRET);
    const swapped = { ...expected, appKey: "other" };
    const fresh = createExecTokens({ cipher, deploymentId: DEPLOYMENT_ID });
    await tokens.verify(tokenOf(), expected);

    expect(await tokens.verify(token, swapped)).toBeNull();
    expect(() => fresh.verify(token, swapped)).toThrow("does not open");
  });

  it("opens under no other master key", () => {
    const foreign = createCipher(OTHER_MASTER_KEY);
    const other = createExecTokens({ cipher: foreign, deploymentId: DEPLOYMENT_ID });

    expect(() => other.verify(tokenOf(), expected)).toThrow("does not open");
  });
});
