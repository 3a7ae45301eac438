import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { durationMs } from "../core/duration.ts";
import { Refusal } from "../core/refusal.ts";
import { TOKEN_SCOPES, TOKEN_STATES, type ApiToken } from "../ports/directory.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { API_TOKEN_PREFIX, type Authenticator } from "./auth.ts";
import { sha256Hex } from "./digest.ts";
import { etagOf } from "./etag.ts";
import { answerOnce, idempotencyOf, markReplay } from "./idempotency.ts";
import { namespaceName } from "./namespace-name.ts";
import { afterOf, cursorOf, cutPage } from "./page-cursor.ts";
import { principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { APP_KEY } from "./target-schema.ts";
import { isTokenWithin, refuseMoreThanOwn, tokenNamespace } from "./token-rights.ts";
import {
  duration,
  idempotencyHeader,
  instant,
  instantOut,
  isoText,
  isoTextOrNull,
  jsonAnswer,
  jsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  sentInstantMs,
  SPAN_MS,
  WIRE_LIMITS,
} from "./wire.ts";

const TOKENS = `${BASE_PATH}/tokens`;
const LIST = "tokens";
const SECRET_BYTES = 32;
const PREFIX_CHARS = 9;
const EXECUTORS_MAX = 100;

const scope = z.enum(TOKEN_SCOPES);
const tokenParam = z.strictObject({ token: z.string().min(1).max(64) });

const tokenBody = z
  .strictObject({
    name: z.string().min(1).max(WIRE_LIMITS.nameChars),
    scopes: z.array(scope).min(1).max(4).readonly(),
    namespace: namespaceName.optional(),
    executors: z
      .array(z.string().regex(APP_KEY, "Not an appKey."))
      .min(1)
      .max(EXECUTORS_MAX)
      .readonly()
      .nullable()
      .optional()
      .openapi({ description: "The appKeys that it is limited to; null is as much as your own." }),
    expiresAt: instant.nullable().optional(),
    expiresIn: duration({ msMin: SPAN_MS.second, msMax: 10 * SPAN_MS.year }).optional(),
  })
  .refine((body) => body.expiresIn === undefined || typeof body.expiresAt !== "string", {
    path: ["expiresIn"],
    message: "Send expiresAt or expiresIn, not both.",
  })
  .openapi("TokenBody");

type TokenBody = z.infer<typeof tokenBody>;

const tokenShape = {
  id: z.string(),
  name: z.string(),
  namespace: z.string(),
  prefix: z.string().openapi({ description: "The first characters, to recognise it by." }),
  scopes: z.array(scope).readonly(),
  createdAt: instantOut,
  expiresAt: instantOut.nullable(),
  lastUsedAt: instantOut.nullable(),
  revokedAt: instantOut.nullable(),
  executors: z
    .array(z.string())
    .readonly()
    .nullable()
    .openapi({ description: "Limited to these." }),
  createdBy: z
    .string()
    .nullable()
    .openapi({ description: "The username, or the name of the token, that made it." }),
} as const;

const tokenOut = z.object(tokenShape).openapi("Token");
const newTokenOut = z.object({ ...tokenShape, token: z.string() }).openapi("NewToken");

const createToken = createRoute({
  method: "post",
  path: TOKENS,
  summary: "Create an API token; it is shown this once",
  description:
    "A token never has more rights than whoever makes it. It belongs to the namespace: it goes on when that " +
    "one has less rights later, or is gone, until it expires or is revoked. The bootstrap token may name any " +
    "namespace: one that there is not yet is made by it, without quotas.",
  request: { headers: idempotencyHeader, body: jsonBody(tokenBody) },
  responses: { 201: jsonAnswer("The new token.", newTokenOut), ...problemAnswers },
});

const listTokens = createRoute({
  method: "get",
  path: TOKENS,
  summary: "List API tokens",
  request: {
    query: z.strictObject({
      ...pageQuery,
      state: z
        .enum(TOKEN_STATES)
        .optional()
        .openapi({ description: "One that expired and was revoked is revoked." }),
    }),
  },
  responses: {
    200: jsonAnswer("One page of tokens.", pageOf(tokenOut)),
    ...problemAnswers,
  },
});

const getToken = createRoute({
  method: "get",
  path: `${TOKENS}/{token}`,
  summary: "An API token, without the token itself",
  request: { params: tokenParam },
  responses: { 200: jsonAnswer("The token.", tokenOut), ...problemAnswers },
});

const revokeToken = createRoute({
  method: "delete",
  path: `${TOKENS}/{token}`,
  summary: "Revoke an API token",
  request: { params: tokenParam },
  responses: { 204: { description: "The token is revoked." }, ...problemAnswers },
});

export function addTokenRoutes(api: Api, deps: ApiDeps, authenticator: Authenticator): void {
  const { directory } = deps;
  addTokenCreation(api, deps);

  api.openapi(listTokens, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor, state } = c.req.valid("query");
    const who = principalOf(c);
    const only = state === undefined ? {} : { only: { state, nowMs: c.get("nowMs") } };
    const page = { limit: limit + 1, afterId: afterOf(LIST, cursor), ...only };
    const rows = await directory.tokens(who.namespace, page);
    const { items, nextCursor } = cutPage(rows, limit, (last) => cursorOf(LIST, last.id));
    const shown = items.filter((token) => isTokenWithin(token, who)).map(tokenJson);
    return c.json({ items: shown, nextCursor }, 200);
  });

  api.openapi(getToken, async (c) => {
    const token = await stored(c, deps, c.req.valid("param").token);
    c.header("ETag", etagOf(token.revokedMs === null ? 1 : 2));
    return c.json(tokenJson(token), 200);
  });

  api.openapi(revokeToken, async (c) => {
    const token = await stored(c, deps, c.req.valid("param").token);
    // One that is revoked already is as gone as the caller wants it.
    await directory.revokeToken(token.namespace, token.id, c.get("nowMs"));
    authenticator.forget(token.hash);
    return c.body(null, 204);
  });
}

function addTokenCreation(api: Api, deps: ApiDeps): void {
  const { directory, cipher } = deps;
  api.openapi(createToken, async (c) => {
    const body = c.req.valid("json");
    const nowMs = c.get("nowMs");
    const who = principalOf(c);
    const executors = body.executors ?? who.executors;
    refuseMoreThanOwn(who, { scopes: body.scopes, executors });
    const namespace = await tokenNamespace(deps, who, body.namespace, nowMs);
    const expiresMs = expiryOf(body, nowMs);
    const once = { directory, cipher, nowMs, schema: newTokenOut };
    const answer = await answerOnce({ ...once, idempotency: idempotencyOf(c) }, async (entryOf) => {
      const bytes = Buffer.from(deps.secretBytes(SECRET_BYTES));
      const text = `${API_TOKEN_PREFIX}${bytes.toString("base64url")}`;
      const token: ApiToken = {
        id: `tok_${deps.ids.next(nowMs).replaceAll("-", "")}`,
        name: body.name,
        namespace,
        hash: sha256Hex(text),
        prefix: text.slice(0, PREFIX_CHARS),
        scopes: body.scopes,
        createdMs: nowMs,
        expiresMs,
        lastUsedMs: null,
        revokedMs: null,
        executors,
        createdBy: who.name,
      };
      const shown = { ...tokenJson(token), token: text };
      await directory.createToken(token, entryOf(shown));
      return shown;
    });
    markReplay(c, answer.isReplay);
    c.header("Location", `${TOKENS}/${answer.body.id}`);
    return c.json(answer.body, 201);
  });
}

function expiryOf(body: TokenBody, nowMs: number): number | null {
  if (body.expiresIn !== undefined) return nowMs + (durationMs(body.expiresIn) ?? 0);
  const atMs = sentInstantMs(body.expiresAt);
  if (atMs === null || atMs > nowMs) return atMs;
  throw new Refusal("request.invalid", "The token would have expired already.", {
    errors: [{ pointer: "/expiresAt", message: "Not in the future." }],
  });
}

function tokenJson(token: ApiToken): z.infer<typeof tokenOut> {
  const { id, name, namespace, prefix, scopes } = token;
  return {
    id,
    name,
    namespace,
    prefix,
    scopes,
    createdAt: isoText(token.createdMs),
    expiresAt: isoTextOrNull(token.expiresMs),
    lastUsedAt: isoTextOrNull(token.lastUsedMs),
    revokedAt: isoTextOrNull(token.revokedMs),
    executors: token.executors,
    createdBy: token.createdBy,
  };
}

/** A token of the caller's namespace that has no more rights than the caller's executors give. */
async function stored(c: Context<ApiEnv>, deps: ApiDeps, id: string): Promise<ApiToken> {
  const who = principalOf(c);
  const token = await deps.directory.token(who.namespace, id);
  if (token !== null && isTokenWithin(token, who)) return token;
  throw new Refusal("token.unknown", `There is no token ${id}.`);
}
