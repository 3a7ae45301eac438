import { z } from "@hono/zod-openapi";
import type { Executor } from "../ports/directory.ts";
import { APP_KEY } from "./target-schema.ts";
import { instantOut, isoText, WIRE_LIMITS } from "./wire.ts";

const NODES_MAX = 100;
const WEIGHT_MAX = 1_000;

const name = z.string().min(1).max(WIRE_LIMITS.nameChars);

const node = z
  .strictObject({
    address: z.string().min(1).max(2_048).openapi({ example: "https://worker-3.example.com" }),
    weight: z.int().min(1).max(WEIGHT_MAX).default(1),
  })
  .openapi("NodeBody");

export type NodeBody = z.infer<typeof node>;

const nodes = z.array(node).max(NODES_MAX);

/** The body of POST /executors. */
export const executorBody = z
  .strictObject({
    appKey: z.string().regex(APP_KEY, "Not 1 to 64 of A-Z a-z 0-9 . _ -").optional(),
    name,
    registration: z.literal("manual", {
      message: 'Only "manual" is supported: list the nodes here.',
    }),
    nodes: nodes.default([]),
    dialect: z.literal("native").default("native"),
  })
  .openapi("ExecutorBody");

/** The body of PATCH /executors/{appKey}; the nodes are replaced as a whole. */
export const executorPatchBody = z
  .strictObject({ name: name.optional(), nodes: nodes.optional() })
  .openapi("ExecutorPatchBody");

const executorShape = {
  appKey: z.string(),
  name: z.string(),
  namespace: z.string(),
  registration: z.literal("manual"),
  dialect: z.literal("native"),
  deployment: z.string().openapi({ description: "The audience of the executor's own tokens." }),
  nodes: z.array(z.object({ id: z.string(), address: z.string(), weight: z.number() })).readonly(),
  version: z.number(),
  createdAt: instantOut,
  updatedAt: instantOut,
} as const;

export const executorOut = z.object(executorShape).openapi("Executor");

/** The answer that shows the appSecret, this once. */
export const newExecutorOut = z
  .object({ ...executorShape, appSecret: z.string() })
  .openapi("NewExecutor");

export function executorJson(executor: Executor, deployment: string): z.infer<typeof executorOut> {
  const { appKey, namespace, registration, dialect, version } = executor;
  return {
    appKey,
    name: executor.name,
    namespace,
    registration,
    dialect,
    deployment,
    nodes: executor.nodes,
    version,
    createdAt: isoText(executor.createdMs),
    updatedAt: isoText(executor.updatedMs),
  };
}
