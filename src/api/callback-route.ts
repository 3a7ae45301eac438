import { createRoute, z } from "@hono/zod-openapi";
import type { Json } from "../core/json.ts";
import { canonicalJson } from "../core/canonical-json.ts";
import { Refusal } from "../core/refusal.ts";
import type { RunError } from "../core/run.ts";
import type { Api, ApiDeps, CallbackClaim } from "./api-deps.ts";
import { sha256Hex } from "./digest.ts";
import { BASE_PATH } from "./routes.ts";
import { callShard, unlessRefused } from "./shard-call.ts";
import { anyJson, jsonAnswer, jsonBody, jsonObject, problemAnswers } from "./wire.ts";

/** Of a result, this much JSON text is kept. */
const RESULT_CHARS_MAX = 65_536;
const MESSAGE_CHARS_MAX = 4_096;

const callbackBody = z
  .strictObject({
    status: z.enum(["succeeded", "failed", "canceled"]).openapi({
      description: "canceled: the handler has stopped as it was asked to.",
    }),
    result: anyJson.optional(),
    context: jsonObject.optional().openapi({
      description: "Laid over the shared context of the run's workflow run; only with succeeded.",
    }),
    error: z
      .strictObject({
        message: z.string().max(MESSAGE_CHARS_MAX),
        code: z.string().max(128).nullable().optional(),
      })
      .nullable()
      .optional(),
    retry: z.boolean().optional(),
  })
  .refine(({ status, context }) => context === undefined || status === "succeeded", {
    path: ["context"],
    message: "Only what has succeeded may change the context.",
  })
  .openapi("CallbackBody");

type CallbackBody = z.infer<typeof callbackBody>;

const callBack = createRoute({
  method: "post",
  path: `${BASE_PATH}/executor/callback`,
  summary: "How an attempt ended that was answered with 202",
  description: "Authorization is the delivery's callback token.",
  request: { body: jsonBody(callbackBody) },
  responses: {
    200: jsonAnswer(
      "Taken, now or before.",
      z.object({ run: z.string(), attempt: z.number(), repeated: z.boolean() }),
    ),
    ...problemAnswers,
  },
});

export function addCallbackRoute(api: Api, deps: ApiDeps): void {
  api.openapi(callBack, async (c) => {
    const claim = await claimOf(deps, c.get("bearer") ?? "", c.get("nowMs"));
    const body = c.req.valid("json");
    const digest = digestOf(body);
    const input = {
      runId: claim.run,
      attempt: claim.attempt,
      status: body.status,
      ...keptResult(body.result ?? null),
      context: body.context ?? null,
      error: errorOf(body),
      retry: body.retry ?? true,
      digest,
    };
    const order = { shard: claim.shard, kind: "run.callback", input, idempotency: null } as const;
    const answer = await unlessRefused(["run.unknown"], callShard(deps.shards, order));
    const repeated = answer?.value.isRepeat ?? (await repeatsRecord(deps, claim, digest));
    return c.json({ run: claim.run, attempt: claim.attempt, repeated }, 200);
  });
}

async function claimOf(deps: ApiDeps, bearer: string, nowMs: number): Promise<CallbackClaim> {
  const claim = await deps.verifyCallbackToken(bearer, nowMs);
  if (claim !== null && claim.shard >= 0 && claim.shard < deps.shards.count) return claim;
  throw new Refusal("token.invalid", "The callback token is forged, or too old.", {
    hint: "Send the token of the delivery as it was received: Authorization: Bearer <token>.",
  });
}

/**
 * The run has left its shard, so it has ended and nothing can change it: a repetition of what ended
 * it is welcome, and everything else is told that it came too late.
 */
async function repeatsRecord(deps: ApiDeps, claim: CallbackClaim, digest: string): Promise<true> {
  const run = await deps.records.run(null, claim.run);
  const earlier = run?.attempts.find(
    ({ attempt, callbackDigest }) => attempt === claim.attempt && callbackDigest !== null,
  );
  if (earlier === undefined)
    throw new Refusal("callback.over", `Attempt ${claim.attempt} of this run is over.`);
  if (earlier.callbackDigest === digest) return true;
  throw new Refusal("callback.contradicts", "This attempt was called back otherwise before.");
}

/** Equal for callbacks that mean the same, however they are spelled. */
function digestOf(body: CallbackBody): string {
  const { status, result = null, context, retry = true } = body;
  const error = errorOf(body);
  return sha256Hex(
    canonicalJson({
      status,
      result,
      retry,
      // Left out as it was before there was one: digests that are stored stay equal.
      ...(context === undefined ? {} : { context }),
      error: error === null ? null : { message: error.message, code: error.code },
    }),
  );
}

function errorOf({ status, error }: CallbackBody): RunError | null {
  if (error !== null && error !== undefined)
    return { message: error.message, code: error.code ?? null };
  return status === "failed"
    ? { message: "The executor called back a failure.", code: null }
    : null;
}

function keptResult(result: Json): { readonly result: Json; readonly resultTruncated: boolean } {
  const text = JSON.stringify(result);
  if (text.length <= RESULT_CHARS_MAX) return { result, resultTruncated: false };
  return { result: text.slice(0, RESULT_CHARS_MAX), resultTruncated: true };
}
