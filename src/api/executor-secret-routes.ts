import { createRoute } from "@hono/zod-openapi";
import { assert } from "../core/assert.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { etagOf } from "./etag.ts";
import { rotationOut, secretJson } from "./executor-json.ts";
import { ifVersionsOf, newSealedSecret, ONE_EXECUTOR, shownSecret } from "./executor-routes.ts";
import { appKeyParam } from "./executor-schema.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { callKeeper } from "./keeper-call.ts";
import { namespaceOf } from "./request-of.ts";
import { claimKey } from "./shard-call.ts";
import { idempotencyHeader, ifMatchHeader, jsonAnswer, problemAnswers } from "./wire.ts";

const rotateSecret = createRoute({
  method: "post",
  path: `${ONE_EXECUTOR}/secrets`,
  summary: "Add the next appSecret, shown this once; both count until the previous one is ended",
  request: { headers: idempotencyHeader.extend(ifMatchHeader.shape), params: appKeyParam },
  responses: { 201: jsonAnswer("Both secrets.", rotationOut), ...problemAnswers },
});

const revokePrevious = createRoute({
  method: "delete",
  path: `${ONE_EXECUTOR}/secrets/previous`,
  summary: "End the older of two appSecrets at once",
  request: { headers: ifMatchHeader, params: appKeyParam },
  responses: { 204: { description: "Only the newer one counts." }, ...problemAnswers },
});

/** The change of an executor's appSecret, without a call that fails. */
export function addExecutorSecretRoutes(api: Api, deps: ApiDeps): void {
  const { executors, shards } = deps;

  api.openapi(rotateSecret, async (c) => {
    const { appKey } = c.req.valid("param");
    const namespace = namespaceOf(c);
    const idempotency = idempotencyOf(c);
    const sealedSecret = newSealedSecret(deps, namespace, appKey);
    const input = { namespace, ifVersions: ifVersionsOf(c), sealedSecret };
    await claimKey(shards, idempotency);
    const order = { appKey, kind: "secret.rotate", input, idempotency } as const;
    const { value, isReplay } = await callKeeper(executors, order);
    const { executor } = value;
    const [current, next] = executor.secrets;
    assert(current !== undefined && next !== undefined, "a rotation leaves two secrets");
    markReplay(c, isReplay);
    c.header("ETag", etagOf(executor.version));
    const shown = { ...secretJson(next), appSecret: shownSecret(deps, executor) };
    return c.json({ current: secretJson(current), next: shown }, 201);
  });

  api.openapi(revokePrevious, async (c) => {
    const { appKey } = c.req.valid("param");
    const input = { namespace: namespaceOf(c), ifVersions: ifVersionsOf(c) };
    await callKeeper(executors, { appKey, kind: "secret.revoke", input, idempotency: null });
    return c.body(null, 204);
  });
}
