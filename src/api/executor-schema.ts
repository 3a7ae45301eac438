import { z } from "@hono/zod-openapi";
import { APP_KEY } from "./target-schema.ts";
import { WIRE_LIMITS } from "./wire.ts";

const LIMITS = {
  nodesMax: 1_000,
  addressCharsMax: 2_048,
  weightMax: 1_000,
  concurrencyMax: 1_000_000,
  handlersMax: 500,
  handlerCharsMax: 128,
  versionCharsMax: 64,
} as const;

const name = z.string().min(1).max(WIRE_LIMITS.nameChars);
const appKey = z.string().regex(APP_KEY, "Not 1 to 64 of A-Z a-z 0-9 . _ -");
const address = z
  .string()
  .min(1)
  .max(LIMITS.addressCharsMax)
  .openapi({ example: "https://worker-3.example.com" });
const weight = z.int().min(1).max(LIMITS.weightMax);
const tags = z.array(z.string().min(1).max(WIRE_LIMITS.tagChars)).max(WIRE_LIMITS.tags).readonly();
const concurrency = z
  .int()
  .min(1)
  .max(LIMITS.concurrencyMax)
  .nullable()
  .openapi({ description: "Runs that may be under way at once; null is no bound." });

const node = z
  .strictObject({
    address,
    weight: weight.default(1),
    tags: tags.default([]),
    concurrency: concurrency.default(null),
  })
  .openapi("NodeBody");

export type NodeBody = z.infer<typeof node>;

const nodes = z.array(node).max(LIMITS.nodesMax);

/** The body of POST /executors. */
export const executorBody = z
  .strictObject({
    appKey: appKey.optional(),
    name,
    registration: z.enum(["auto", "manual"]),
    nodes: nodes.default([]),
    dialect: z.literal("native").default("native"),
    concurrency: concurrency.default(null),
    nodeConcurrency: concurrency.default(null),
  })
  .refine((body) => body.registration === "manual" || body.nodes.length === 0, {
    path: ["nodes"],
    message: 'With registration "auto" nodes register themselves: list none here.',
  })
  .openapi("ExecutorBody");

/** The body of PATCH /executors/{appKey}; the nodes are replaced as a whole. */
export const executorPatchBody = z
  .strictObject({
    name: name.optional(),
    nodes: nodes.optional(),
    concurrency: concurrency.optional(),
    nodeConcurrency: concurrency.optional(),
  })
  .openapi("ExecutorPatchBody");

/** The body of PATCH /executors/{appKey}/nodes/{node}. */
export const nodePatchBody = z
  .strictObject({
    state: z.enum(["enabled", "disabled", "draining"]).optional(),
    weight: weight.optional(),
    tags: tags.optional(),
    concurrency: concurrency.optional(),
  })
  .openapi("NodePatchBody");

/** The body of POST /executor/beat. What is left out keeps its value. */
export const beatBody = z
  .strictObject({
    address,
    weight: weight.nullable().default(null),
    tags: tags.nullable().default(null),
    handlers: z
      .array(z.string().min(1).max(LIMITS.handlerCharsMax))
      .max(LIMITS.handlersMax)
      .readonly()
      .nullable()
      .default(null),
    version: z.string().max(LIMITS.versionCharsMax).nullable().default(null),
    concurrency: concurrency.default(null),
    inFlight: z.int().min(0).nullable().default(null),
  })
  .openapi("BeatBody");

/** The body of POST /executor/leave. */
export const leaveBody = z.strictObject({ address }).openapi("LeaveBody");

/** The path of everything about one executor. */
export const appKeyParam = z.strictObject({ appKey: z.string().regex(APP_KEY, "Not an appKey.") });

/** The path of everything about one node. */
export const nodeParam = appKeyParam.extend({
  node: z.string().min(1).max(LIMITS.addressCharsMax).openapi({
    description: "The node's id, or its address in URL encoding.",
  }),
});
