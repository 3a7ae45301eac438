import { z } from "@hono/zod-openapi";
import { SHARDING_LIMITS } from "../core/sharding.ts";
import { anyJson } from "./wire.ts";

const success = z
  .discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("all") }),
    z.strictObject({ mode: z.literal("any") }),
    z.strictObject({
      mode: z.literal("count"),
      count: z.int().min(1).max(SHARDING_LIMITS.slicesMax),
    }),
  ])
  .default({ mode: "all" })
  .openapi({ description: "How many shards must succeed; the rest is canceled when enough have." });

/** How a job is split over the nodes of its executor. */
export const shardingSchema = z
  .discriminatedUnion("mode", [
    z.strictObject({
      mode: z.literal("items"),
      items: z.array(anyJson).min(1).max(SHARDING_LIMITS.itemsMax).readonly(),
      by: z.enum(["weight", "even"]).default("weight"),
      success,
    }),
    z.strictObject({
      mode: z.literal("count"),
      total: z.int().min(1).max(SHARDING_LIMITS.slicesMax),
      success,
    }),
    z.strictObject({ mode: z.literal("broadcast"), success }),
  ])
  .superRefine((sharding, ctx) => {
    if (sharding.mode !== "count" || sharding.success.mode !== "count") return;
    if (sharding.success.count <= sharding.total) return;
    ctx.addIssue({
      code: "custom",
      path: ["success", "count"],
      message: "More than there are shards.",
    });
  })
  .openapi("Sharding");

export type ShardingBody = z.infer<typeof shardingSchema>;
