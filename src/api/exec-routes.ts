import { createRoute, z } from "@hono/zod-openapi";
import { durationText } from "../core/duration.ts";
import { Refusal } from "../core/refusal.ts";
import { nodeState } from "../ports/executors.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import type { Api, ApiDeps, ExecCaller } from "./api-deps.ts";
import { callAsExecutor, execCallerOf, useToken } from "./exec-caller.ts";
import { callableAddress, nodeName } from "./executor-nodes.ts";
import { beatBody, leaveBody } from "./executor-schema.ts";
import { shardOfRun } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { callShard, unlessRefused } from "./shard-call.ts";
import { instantOut, isoText, jsonAnswer, jsonBody, problemAnswers, WIRE_LIMITS } from "./wire.ts";

const SIGNED = "Authorization is a token that the executor signed for this very call.";

const extendBody = z
  .strictObject({
    run: z.string().min(1).max(128),
    attempt: z.int().min(1),
    progress: z
      .strictObject({
        percent: z.number().min(0).max(100).nullable().default(null),
        message: z.string().max(WIRE_LIMITS.textChars).nullable().default(null),
      })
      .nullable()
      .default(null),
  })
  .openapi("ExtendBody");

type ExtendBody = z.infer<typeof extendBody>;

const beatOut = z
  .object({
    node: z.string(),
    state: z.enum(["online", "suspect", "offline", "disabled", "draining"]),
    beatEvery: z.string().openapi({ example: "10s" }),
  })
  .openapi("Beat");

const beat = createRoute({
  method: "post",
  path: `${BASE_PATH}/executor/beat`,
  summary: "A node's sign of life, which registers it",
  description: SIGNED,
  request: { body: jsonBody(beatBody) },
  responses: { 200: jsonAnswer("The node as it now counts.", beatOut), ...problemAnswers },
});

const leave = createRoute({
  method: "post",
  path: `${BASE_PATH}/executor/leave`,
  summary: "A node goes in good order: it gets nothing new, and what it still answers counts",
  description: SIGNED,
  request: { body: jsonBody(leaveBody) },
  responses: {
    200: jsonAnswer(
      "It gets nothing any more.",
      z.object({
        left: z.boolean().openapi({ description: "False when there was no such node." }),
      }),
    ),
    ...problemAnswers,
  },
});

const extendOut = z
  .object({
    run: z.string(),
    attempt: z.number(),
    leaseUntil: instantOut.openapi({
      description: "Until then it must be extended or called back.",
    }),
    canceled: z.boolean().openapi({ description: "The handler is to stop." }),
  })
  .openapi("Lease");

const extend = createRoute({
  method: "post",
  path: `${BASE_PATH}/executor/extend`,
  summary: "An attempt that was answered with 202 goes on: its lease begins anew",
  description: SIGNED,
  request: { body: jsonBody(extendBody) },
  responses: { 200: jsonAnswer("The lease.", extendOut), ...problemAnswers },
});

/** What executors themselves call, beside the callback. */
export function addExecRoutes(api: Api, deps: ApiDeps): void {
  const { executors } = deps;

  api.openapi(beat, async (c) => {
    const caller = execCallerOf(c);
    const { address: sent, ...body } = c.req.valid("json");
    const address = callableAddress(sent, "/address", deps);
    const input = { token: caller.token, address, ...body };
    const value = await callAsExecutor(executors, caller, { kind: "node.beat", input });
    const { node, beatEveryMs } = value;
    const beatEvery = durationText(beatEveryMs);
    return c.json({ node: node.id, state: nodeState(node), beatEvery }, 200);
  });

  api.openapi(leave, async (c) => {
    const caller = execCallerOf(c);
    const input = { token: caller.token, address: nodeName(c.req.valid("json").address) };
    const { hasLeft } = await callAsExecutor(executors, caller, { kind: "node.leave", input });
    return c.json({ left: hasLeft }, 200);
  });

  api.openapi(extend, async (c) => {
    const caller = execCallerOf(c);
    const body = c.req.valid("json");
    await useToken(executors, caller);
    const { run, isCanceled } = await extended(deps, caller, body);
    const { phase } = run;
    const leaseUntil = isoText("dueMs" in phase ? phase.dueMs : phase.endedMs);
    return c.json({ run: run.id, attempt: body.attempt, leaseUntil, canceled: isCanceled }, 200);
  });
}

async function extended(
  deps: ApiDeps,
  caller: ExecCaller,
  { run: runId, attempt, progress }: ExtendBody,
): Promise<CommandOutput<"run.extend">> {
  const { shards } = deps;
  const { namespace, appKey } = caller;
  const shard = shardOfRun(runId, shards.count);
  const input: CommandInput<"run.extend"> = { namespace, appKey, runId, attempt, progress };
  const order = { shard, kind: "run.extend", input, idempotency: null } as const;
  const answer = await unlessRefused(["run.unknown"], callShard(shards, order));
  if (answer !== null) return answer.value;
  throw await whyUnknown(deps, caller, runId);
}

/** A run that has left its shard has ended: its executor is told so, and nobody else. */
async function whyUnknown(
  { records }: ApiDeps,
  { namespace, appKey }: ExecCaller,
  runId: string,
): Promise<Refusal> {
  const run = await records.run(namespace, runId);
  const target = run?.order.target;
  return target?.kind === "executor" && target.executor === appKey
    ? new Refusal("callback.over", "The run has ended.")
    : new Refusal("run.unknown", `There is no run ${runId} of this executor.`);
}
