import { createRoute, z } from "@hono/zod-openapi";
import { shardOfId } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { isEnded } from "../core/run.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { etagOf } from "./etag.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { namespaceOf, shardOfRun, traceparentOf } from "./request-of.ts";
import { runJson, runOut } from "./run-json.ts";
import { runParam, RUNS } from "./run-routes.ts";
import { refusePart, type RunStore } from "./run-store.ts";
import { callShard, unlessRefused } from "./shard-call.ts";
import {
  idempotencyHeader,
  jsonAnswer,
  jsonObject,
  optionalJsonBody,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";

/** Why a run is canceled, for those who look at it later. */
export const cancelReason = z.string().max(WIRE_LIMITS.textChars).nullable().optional();

const cancelRun = createRoute({
  method: "post",
  path: `${RUNS}/{run}/cancel`,
  summary: "Cancel a run",
  description:
    "What an executor has accepted is asked to stop and ends within ten seconds. Repeating it changes nothing.",
  request: {
    headers: idempotencyHeader,
    params: runParam,
    body: optionalJsonBody(z.strictObject({ reason: cancelReason })),
  },
  responses: {
    200: jsonAnswer("The run has ended.", runOut),
    202: jsonAnswer("Its executor has been asked to stop.", runOut),
    ...problemAnswers,
  },
});

const retryRun = createRoute({
  method: "post",
  path: `${RUNS}/{run}/retry`,
  summary: "Do an ended run again, as a new run that names its origin",
  description:
    "Of a sharded run that did not succeed, only the shards that did not are done again.",
  request: {
    headers: idempotencyHeader,
    params: runParam,
    body: optionalJsonBody(z.strictObject({ params: jsonObject.optional() })),
  },
  responses: { 202: jsonAnswer("The new run.", runOut), ...problemAnswers },
});

/** What can be done to a run. */
export function addRunActionRoutes(api: Api, deps: ApiDeps, runs: RunStore): void {
  const { shards } = deps;
  api.openapi(cancelRun, async (c) => {
    const { run } = c.req.valid("param");
    const namespace = namespaceOf(c);
    const shard = shardOfRun(run, shards.count);
    const input = { ref: { namespace, run }, reason: c.req.valid("json").reason ?? null };
    const order = { shard, kind: "run.cancel", input, idempotency: idempotencyOf(c) } as const;
    const answer = await unlessRefused(["run.unknown"], callShard(shards, order));
    if (answer === null) {
      // What has left its shard has ended; what the records do not know either is unknown.
      const { id, phase } = await runs.get(namespace, run);
      throw new Refusal("run.ended", `Run ${id} has ended already: ${phase.state}.`);
    }
    const canceled = answer.value.run;
    markReplay(c, answer.isReplay);
    c.header("ETag", etagOf(canceled.version));
    return c.json(runJson(canceled), isEnded(canceled.phase) ? 200 : 202);
  });

  api.openapi(retryRun, async (c) => {
    const origin = await runs.get(namespaceOf(c), c.req.valid("param").run);
    if (!isEnded(origin.phase))
      throw new Refusal("run.not_ended", `Run ${origin.id} is ${origin.phase.state}.`);
    refusePart(origin);
    const shard = shardOfId("job", origin.jobId, shards.count) ?? 0;
    const params = c.req.valid("json").params ?? null;
    const slices = await runs.slicesToRetry(origin);
    const input = { origin, slices, params, traceparent: traceparentOf(c) };
    const order = { shard, kind: "run.retry", input, idempotency: idempotencyOf(c) } as const;
    const { value, isReplay } = await callShard(shards, order);
    markReplay(c, isReplay);
    c.header("ETag", etagOf(value.run.version));
    c.header("Location", `${RUNS}/${value.run.id}`);
    return c.json(runJson(value.run), 202);
  });
}
