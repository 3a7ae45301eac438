import { createRoute, z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { BULK_LIMITS, BulkRuns, type BulkOrder } from "./bulk-runs.ts";
import { answerOnce, idempotencyOf, markReplay } from "./idempotency.ts";
import type { Principal } from "./principal.ts";
import { principalOf } from "./request-of.ts";
import { cancelReason } from "./run-action-routes.ts";
import { RUN_STATES, runOut } from "./run-json.ts";
import { queryOfFilter, runFilter, statesText } from "./run-query.ts";
import { RUNS } from "./run-routes.ts";
import type { RunStore } from "./run-store.ts";
import { claimKey } from "./shard-call.ts";
import { idempotencyHeader, jsonAnswer, jsonBody, jsonObject, problemAnswers } from "./wire.ts";

const filter = z
  .strictObject({
    ...runFilter,
    state: z.union([statesText, z.array(z.enum(RUN_STATES)).min(1).max(9)]).optional(),
    deadLetter: z
      .boolean()
      .optional()
      .openapi({ description: "Only failed, timed out or lost runs that no run retries." }),
    ids: z.array(z.string().min(1).max(64)).min(1).max(BULK_LIMITS.runsMax).optional(),
  })
  .openapi({
    description:
      "At least one field. `ids` stand alone. Without `state`, canceling looks at runs that have not " +
      "ended, and retrying at those that failed, timed out or were lost.",
  });

const bulkBody = z
  .strictObject({
    action: z.enum(["cancel", "retry"]),
    filter,
    dryRun: z.boolean().default(false),
    reason: cancelReason.openapi({ description: "Of canceling." }),
    params: jsonObject.optional().openapi({ description: "Of retrying, laid over the old ones." }),
  })
  .openapi("BulkBody");

type BulkBody = z.infer<typeof bulkBody>;

const bulkOut = z
  .object({
    matched: z.number(),
    isMore: z.boolean().openapi({ description: "More runs match: ask again for them." }),
    sample: z.array(runOut).optional().openapi({ description: "Of a dry run: the first of them." }),
    done: z.number().optional(),
    skipped: z.number().optional().openapi({
      description: "Had ended and could not be canceled, or had not and could not be retried.",
    }),
    failed: z
      .array(z.object({ run: z.string(), code: z.string(), detail: z.string() }))
      .optional()
      .openapi({ description: "The first of those that were refused." }),
  })
  .openapi("BulkAnswer");

const bulk = createRoute({
  method: "post",
  path: `${RUNS}/bulk`,
  summary: "Cancel or retry up to 1,000 runs, oldest first",
  request: { headers: idempotencyHeader, body: jsonBody(bulkBody) },
  responses: {
    200: jsonAnswer("What was done, or with dryRun what would be.", bulkOut),
    ...problemAnswers,
  },
});

/** One action on many runs. */
export function addBulkRoutes(api: Api, deps: ApiDeps, runs: RunStore): void {
  const doer = new BulkRuns(deps, runs);
  api.openapi(bulk, async (c) => {
    const body = c.req.valid("json");
    const idempotency = idempotencyOf(c);
    const order = orderOf(body, principalOf(c), idempotency?.key ?? null);
    if (body.dryRun) return c.json(await doer.preview(order), 200);
    const { directory, cipher } = deps;
    const nowMs = c.get("nowMs");
    const parts = { directory, cipher, idempotency, nowMs, schema: bulkOut };
    const answer = await answerOnce(parts, async (entryOf) => {
      await claimKey(deps.shards, idempotency);
      const done = await doer.act(order);
      const entry = entryOf(done);
      if (entry !== null) await directory.putIdempotency(entry, nowMs);
      return done;
    });
    markReplay(c, answer.isReplay);
    return c.json(answer.body, 200);
  });
}

function orderOf(body: BulkBody, who: Principal, key: string | null): BulkOrder {
  const { action, reason = null, params = null } = body;
  const { namespace } = who;
  return { action, namespace, who, reason, params, key, of: runsMeant(body) };
}

function runsMeant({ action, filter: { ids, ...narrow } }: BulkBody): BulkOrder["of"] {
  const { state, deadLetter = false, ...rest } = narrow;
  const isNarrowed = state !== undefined || deadLetter || Object.keys(rest).length > 0;
  if (ids !== undefined && isNarrowed) throw badFilter("ids stand alone: leave out other fields.");
  if (ids !== undefined) return { kind: "ids", ids: [...new Set(ids)] };
  if (!isNarrowed) throw badFilter("names no runs: it must narrow something.");
  const query = queryOfFilter(rest, state ?? (deadLetter ? [] : USUAL_STATES[action]));
  return { kind: "query", query: { ...query, isDeadLetter: deadLetter, order: "oldest" } };
}

const USUAL_STATES = {
  cancel: ["waiting", "dispatching", "running", "retrying"],
  retry: ["failed", "timed_out", "lost"],
} as const;

function badFilter(message: string): Refusal {
  return new Refusal("request.invalid", `/filter: ${message}`, {
    errors: [{ pointer: "/filter", message }],
  });
}
