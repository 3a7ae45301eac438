import { createHash, createSecretKey } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { expect, it } from "vitest";
import { signJwt } from "../../src/dialects/jwt.ts";
import type { EgressRequest } from "../../src/ports/egress.ts";
import { createExecutorOn } from "../../src/sdk/executor.ts";
import { TokenMemory } from "../../src/sdk/token-memory.ts";
import { APP_SECRET, DEPLOYMENT_ID } from "../support/deliveries.ts";
import { ADDRESS, carry, FakeScheduler, requestOf, runIdOf } from "../support/fake-scheduler.ts";

const OTHER_SECRET = "tws_other_0123456789abcdefghijklmnopqrstuvwxyz";
const KEY = new TextEncoder().encode(APP_SECRET);

type Claims = Record<string, string | number | boolean | null>;

/** A good delivery, and its claims, to spoil. */
function aGoodOne() {
  const scheduler = new FakeScheduler();
  const request = scheduler.delivery();
  const [, payload = ""] = bearerOf(request).split(".");
  const claims: Claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  return { scheduler, request, claims };
}

function bearerOf(request: EgressRequest): string {
  return (request.headers["authorization"] ?? "").replace("Bearer ", "");
}

function withToken(request: EgressRequest, token: string): EgressRequest {
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
}

function signed(claims: Claims, header: Claims = {}, secret: string = APP_SECRET): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", typ: "run+jwt", ...header })
    .sign(new TextEncoder().encode(secret));
}

type Spoiling = (good: ReturnType<typeof aGoodOne>) => EgressRequest | Promise<EgressRequest>;
const claim =
  (change: (claims: Claims) => Claims): Spoiling =>
  async ({ request, claims }) =>
    withToken(request, await signed({ ...claims, ...change(claims) }));
const without =
  (name: string): Spoiling =>
  async ({ request, claims }) => {
    const rest = Object.entries(claims).filter(([key]) => key !== name);
    return withToken(request, await signed(Object.fromEntries(rest)));
  };
const header =
  (change: Claims): Spoiling =>
  async ({ request, claims }) =>
    withToken(request, await signed(claims, change));
const spelled =
  (change: (token: string) => string): Spoiling =>
  ({ request }) => ({
    ...request,
    headers: { ...request.headers, authorization: change(bearerOf(request)) },
  });
const inSeconds = (claims: Claims, name: string): number => Number(claims[name]);

const BAD: readonly (readonly [string, Spoiling])[] = [
  ...["iss", "sub", "aud", "iat", "nbf", "exp", "jti", "body", "run", "att"].map(
    (name) => [`no ${name}`, without(name)] as const,
  ),
  ["another issuer", claim(() => ({ iss: "dep_2" }))],
  ["another audience", claim(() => ({ aud: "mailing" }))],
  ["another node", claim(() => ({ sub: "https://node-2.example/base/tickwheel/run" }))],
  ["another path", claim(() => ({ sub: `${ADDRESS}/tickwheel/cancel` }))],
  ["a subject that is no URL", claim(() => ({ sub: "billing" }))],
  ["another run", claim(() => ({ run: "run_2" }))],
  ["another attempt", claim(() => ({ att: 2 }))],
  ["an attempt as text", claim(() => ({ att: "1" }))],
  ["an expiry as text", claim((claims) => ({ exp: String(claims["exp"]) }))],
  ["an issue as text", claim((claims) => ({ iat: String(claims["iat"]) }))],
  ["a numeric jti", claim(() => ({ jti: 7 }))],
  [
    "a time that is over",
    claim((claims) => ({
      iat: inSeconds(claims, "iat") - 400,
      nbf: inSeconds(claims, "iat") - 400,
      exp: inSeconds(claims, "iat") - 100,
    })),
  ],
  ["a long life", claim((claims) => ({ exp: inSeconds(claims, "exp") + 1 }))],
  ["a time to come", claim((claims) => ({ nbf: inSeconds(claims, "nbf") + 90 }))],
  [
    "an issue in the future",
    claim((claims) => ({
      iat: inSeconds(claims, "iat") + 90,
      exp: inSeconds(claims, "exp") + 90,
    })),
  ],
  ["an expiry before the issue", claim((claims) => ({ exp: inSeconds(claims, "iat") - 1 }))],
  ["a digest of nothing", claim(() => ({ body: createHash("sha256").digest("base64url") }))],
  ["a kid", header({ kid: "1" })],
  ["a jku", header({ jku: "https://evil.example" })],
  ["an x5u", header({ x5u: "https://evil.example" })],
  ["the type of an executor's own token", header({ typ: "exec+jwt" })],
  ["the type of a callback token", header({ typ: "cb+jwt" })],
  ["the plain type", header({ typ: "JWT" })],
  ["its type in capitals", header({ typ: "RUN+JWT" })],
  ["its type spelled out", header({ typ: "application/run+jwt" })],
  [
    "another secret",
    async ({ request, claims }) => withToken(request, await signed(claims, {}, OTHER_SECRET)),
  ],
  [
    "the empty secret",
    ({ request, claims }) =>
      withToken(request, signJwt("run+jwt", claims, createSecretKey(Buffer.from("\0")))),
  ],
  ["no signature", ({ request, claims }) => withToken(request, new UnsecuredJWT(claims).encode())],
  [
    "HS512",
    async ({ request, claims }) => {
      const token = new SignJWT(claims).setProtectedHeader({ alg: "HS512", typ: "run+jwt" });
      return withToken(request, await token.sign(new Uint8Array([...KEY, ...KEY])));
    },
  ],
  [
    "a list of audiences",
    async ({ request, claims }) => {
      const token = new SignJWT({ ...claims, aud: ["billing", "mailing"] });
      token.setProtectedHeader({ alg: "HS256", typ: "run+jwt" });
      return withToken(request, await token.sign(KEY));
    },
  ],
  ["a changed body", ({ request }) => ({ ...request, body: `${request.body} ` })],
  ["the Basic scheme", spelled((token) => `Basic ${token}`)],
  ["a scheme in lower case", spelled((token) => `bearer ${token}`)],
  ["two tokens", spelled((token) => `Bearer ${token}, Bearer ${token}`)],
  ["padding", spelled((token) => `Bearer ${token}=`)],
  ["a cut signature", spelled((token) => `Bearer ${token.slice(0, -2)}`)],
  ["a fourth part", spelled((token) => `Bearer ${token}.x`)],
  ["a token of 3,000 characters", spelled((token) => `Bearer ${token}${"A".repeat(3_000)}`)],
  ["no token", spelled(() => "")],
];

it.each(BAD)("a delivery with %s starts nothing", async (_, spoil) => {
  const good = aGoodOne();
  let calls = 0;
  const executor = good.scheduler.executor({ handlers: { report: () => ++calls } });

  const response = await carry(executor, await spoil(good));

  // What the body says otherwise than its token is no forgery, but is not done either.
  expect([400, 401]).toContain(response.status);
  expect(calls).toBe(0);
  expect((await carry(executor, good.scheduler.delivery({ send: 2 }))).status).toBe(200);
});

it("a token is used once", async () => {
  const { scheduler, request } = aGoodOne();
  let calls = 0;
  const executor = scheduler.executor({ handlers: { report: () => ++calls } });

  const first = await carry(executor, request);
  const second = await carry(executor, request);

  expect([first.status, second.status, calls]).toEqual([200, 401, 1]);
  expect(await second.json()).toMatchObject({ error: { code: "token.replayed" } });
});

it("both secrets are accepted while they are exchanged, and the first signs", async () => {
  const scheduler = new FakeScheduler();
  const appSecret = [APP_SECRET, OTHER_SECRET];
  const executor = scheduler.executor({ appSecret, handlers: { report: () => 1 } });

  const answers = await Promise.all(
    [APP_SECRET, OTHER_SECRET, `${OTHER_SECRET}x`].map((secret, index) =>
      carry(executor, scheduler.delivery({ secret, runId: runIdOf(index) })),
    ),
  );

  expect(answers.map(({ status }) => status)).toEqual([200, 200, 401]);
  await executor.start();
  expect((await scheduler.next("beat")).body).toMatchObject({ address: ADDRESS });
  await executor.stop();
});

it("without an address a token for any address will do, but for its own path only", async () => {
  const { scheduler, request } = aGoodOne();
  const executor = createExecutorOn(scheduler.platform, {
    appKey: "billing",
    appSecret: APP_SECRET,
    server: "https://tickwheel.example",
    deployment: DEPLOYMENT_ID,
    handlers: { report: () => 1 },
  });
  const elsewhere = requestOf({ ...request, url: "http://10.0.0.7/tickwheel/cancel" });

  expect((await executor.fetch(elsewhere)).status).toBe(401);
  expect((await carry(executor, { ...request, url: "http://10.0.0.7/tickwheel/run" })).status).toBe(
    200,
  );
  await expect(executor.start()).rejects.toThrow(/address/);
});

it.each([[[]], ["short"], [[APP_SECRET, OTHER_SECRET, `${OTHER_SECRET}x`]]])(
  "an executor with the secrets %j is not made",
  (appSecret) => {
    expect(() => new FakeScheduler().executor({ appSecret })).toThrow(/appSecret/);
  },
);

it("a memory that is full refuses what it may have forgotten", () => {
  const memory = new TokenMemory(2);

  expect(memory.use({ jti: "a", deadMs: 100 }, 0)).toBe(true);
  expect(memory.use({ jti: "b", deadMs: 110 }, 0)).toBe(true);
  expect(memory.use({ jti: "c", deadMs: 120 }, 0)).toBe(true);
  expect(memory.use({ jti: "a", deadMs: 100 }, 0)).toBe(false);
  expect(memory.use({ jti: "d", deadMs: 99 }, 0)).toBe(false);
  expect(memory.use({ jti: "e", deadMs: 130 }, 115)).toBe(true);
  expect(memory.use({ jti: "c", deadMs: 120 }, 115)).toBe(false);
});
