import { z } from "@hono/zod-openapi";
import {
  nodeState,
  type Executor,
  type ExecutorNode,
  type NodeEvent,
  type NodeView,
  type PingAnswer,
} from "../ports/executors.ts";
import { anyJson, instantOut, isoText, isoTextOrNull } from "./wire.ts";

export const nodeOut = z
  .object({
    id: z.string(),
    address: z.string(),
    source: z.enum(["listed", "beat"]),
    state: z.enum(["online", "suspect", "offline", "disabled", "draining"]),
    wish: z.enum(["enabled", "disabled", "draining"]),
    health: z.enum(["online", "suspect", "offline"]),
    since: instantOut.openapi({ description: "Since when its health is what it is." }),
    reason: z.string().nullable().openapi({ description: "Why it is suspect or offline." }),
    weight: z.number(),
    tags: z.array(z.string()).readonly(),
    concurrency: z.number().nullable(),
    handlers: z.array(z.string()).readonly().nullable(),
    version: z.string().nullable(),
    registeredAt: instantOut,
    lastBeatAt: instantOut.nullable(),
    inFlight: z.number().nullable(),
    errorRate: z.number().nullable().openapi({
      description:
        "Share of failed deliveries in the last five minutes; null in lists of executors.",
    }),
  })
  .openapi("Node");

const secretOut = z
  .object({ id: z.string(), createdAt: instantOut, lastUsedAt: instantOut.nullable() })
  .openapi("ExecutorSecret");

const executorShape = {
  appKey: z.string(),
  name: z.string(),
  namespace: z.string(),
  registration: z.enum(["auto", "manual"]),
  dialect: z.literal("native"),
  deployment: z.string().openapi({ description: "The audience of the executor's own tokens." }),
  concurrency: z.number().nullable(),
  nodeConcurrency: z.number().nullable(),
  nodes: z.array(nodeOut).readonly(),
  secrets: z
    .array(secretOut)
    .readonly()
    .openapi({ description: "Live ones, the older one first." }),
  version: z.number(),
  createdAt: instantOut,
  updatedAt: instantOut,
} as const;

export const executorOut = z.object(executorShape).openapi("Executor");

/** The answer that shows the appSecret, this once. */
export const newExecutorOut = z
  .object({ ...executorShape, appSecret: z.string() })
  .openapi("NewExecutor");

/** The answer to a rotation. */
export const rotationOut = z
  .object({
    current: secretOut,
    next: secretOut.extend({ appSecret: z.string() }),
  })
  .openapi("SecretRotation");

export const nodeEventOut = z
  .object({
    seq: z.number(),
    at: instantOut,
    node: z.string(),
    address: z.string(),
    kind: z.string(),
    detail: z.string().nullable(),
  })
  .openapi("NodeEvent");

export const pingOut = z
  .object({
    reached: z.boolean(),
    status: z.number().nullable(),
    latencyMs: z.number(),
    clockSkewMs: z.number().nullable().openapi({ description: "Positive: its clock is ahead." }),
    answer: anyJson,
    error: z.string().nullable(),
  })
  .openapi("NodePing");

/** An executor on the wire. Nodes out of the records have no error rate: only their keeper counts. */
export function executorJson(
  executor: Executor,
  nodes: readonly (ExecutorNode | NodeView)[],
  deployment: string,
): z.infer<typeof executorOut> {
  const { appKey, namespace, registration, dialect, version } = executor;
  return {
    appKey,
    name: executor.name,
    namespace,
    registration,
    dialect,
    deployment,
    concurrency: executor.concurrency,
    nodeConcurrency: executor.nodeConcurrency,
    nodes: nodes.map(nodeJson),
    secrets: executor.secrets.map(secretJson),
    version,
    createdAt: isoText(executor.createdMs),
    updatedAt: isoText(executor.updatedMs),
  };
}

export function nodeJson(node: ExecutorNode | NodeView): z.infer<typeof nodeOut> {
  const { id, address, source, wish, health, weight, tags, concurrency, handlers } = node;
  return {
    id,
    address,
    source,
    state: nodeState(node),
    wish,
    health,
    since: isoText(node.healthSinceMs),
    reason: node.healthReason,
    weight,
    tags,
    concurrency,
    handlers,
    version: node.version,
    registeredAt: isoText(node.registeredMs),
    lastBeatAt: isoTextOrNull(node.lastBeatMs),
    inFlight: node.inFlight,
    errorRate: "errorRate" in node ? node.errorRate : null,
  };
}

export function secretJson({
  id,
  createdMs,
  lastUsedMs,
}: Executor["secrets"][number]): z.infer<typeof secretOut> {
  return { id, createdAt: isoText(createdMs), lastUsedAt: isoTextOrNull(lastUsedMs) };
}

export function nodeEventJson(event: NodeEvent): z.infer<typeof nodeEventOut> {
  const { seq, atMs, node, address, kind, detail } = event;
  return { seq, at: isoText(atMs), node, address, kind, detail };
}

export function pingJson(answer: PingAnswer): z.infer<typeof pingOut> {
  const { isReached, ...rest } = answer;
  return { reached: isReached, ...rest };
}
