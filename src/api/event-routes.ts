import { createRoute, z } from "@hono/zod-openapi";
import { eachBounded } from "../core/each-bounded.ts";
import type { Json } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { SHARDS_AT_ONCE } from "./directory-copies.ts";
import { idempotencyOf } from "./idempotency.ts";
import { namespaceOf, traceparentOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { claimKey, sendToShard } from "./shard-call.ts";
import { eventName } from "./workflow-step-schema.ts";
import { anyJson, idempotencyHeader, jsonAnswer, jsonBody, problemAnswers } from "./wire.ts";

const DATA_CHARS_MAX = 65_536;
/** Runs that one answer names; each shard starts as many as listen. */
const RUNS_SHOWN_MAX = 1_000;
type StartedRuns = CommandOutput<"event.put">["runs"];
const ID = /^[\u0021-\u007e]{1,128}$/;

const putEvent = createRoute({
  method: "post",
  path: `${BASE_PATH}/events`,
  summary: "Start every workflow that waits for such an event",
  description: `Answered once every shard has taken it. A repetition under the same id, or the same
Idempotency-Key, starts nothing anew: repeat it after a 503.`,
  request: {
    headers: idempotencyHeader,
    body: jsonBody(
      z.strictObject({
        name: eventName,
        data: anyJson.default(null),
        id: z
          .string()
          .regex(ID, "Not 1 to 128 visible ASCII characters.")
          .optional()
          .openapi({ description: "Names the event: the same one is taken once." }),
      }),
    ),
  },
  responses: {
    202: jsonAnswer(
      "Taken.",
      z.object({
        id: z.string(),
        runs: z
          .array(z.object({ id: z.string(), workflow: z.string() }))
          .openapi({ description: "The first thousand workflow runs that it started." }),
      }),
    ),
    ...problemAnswers,
  },
});

export function addEventRoute(api: Api, deps: ApiDeps): void {
  api.openapi(putEvent, async (c) => {
    const { name, data, id: said } = c.req.valid("json");
    refuseLongData(data);
    const idempotency = idempotencyOf(c);
    // The key is claimed first, so that it cannot stand for two events.
    await claimKey(deps.shards, idempotency);
    const id = said ?? `evt_${idempotency?.key ?? deps.ids.next(c.get("nowMs"))}`;
    const namespace = namespaceOf(c);
    const runs = await putEverywhere(deps, {
      namespace,
      name,
      data,
      id,
      traceparent: traceparentOf(c),
    });
    const shown = runs.toSorted(byAge).slice(0, RUNS_SHOWN_MAX);
    return c.json(
      { id, runs: shown.map((run) => ({ id: run.id, workflow: run.workflowName })) },
      202,
    );
  });
}

/**
 * Tells every shard, and throws what one of them refused once all have been asked: those that took it will know it
 * when it is sent again.
 */
async function putEverywhere(
  { shards }: Pick<ApiDeps, "shards">,
  input: CommandInput<"event.put">,
): Promise<StartedRuns> {
  const all = Array.from({ length: shards.count }, (_, shard) => shard);
  const runs: StartedRuns[number][] = [];
  const failures: unknown[] = [];
  await eachBounded(all, SHARDS_AT_ONCE, async (shard) => {
    try {
      const order = { shard, kind: "event.put", input, idempotency: null } as const;
      runs.push(...(await sendToShard(shards, order)).value.runs);
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) throw failures[0];
  return runs;
}

function refuseLongData(data: Json): void {
  if (JSON.stringify(data).length <= DATA_CHARS_MAX) return;
  throw new Refusal(
    "output.too_large",
    `The data of the event is longer than ${DATA_CHARS_MAX} characters.`,
    { errors: [{ pointer: "/data", message: "Too long." }] },
  );
}

function byAge(a: StartedRuns[number], b: StartedRuns[number]): number {
  return a.id < b.id ? -1 : 1;
}
