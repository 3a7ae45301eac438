import type { Context } from "hono";
import { assert } from "../core/assert.ts";
import { shardOf, shardOfId } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import type { JobRef } from "../ports/shard-client.ts";
import type { ApiEnv } from "./api-deps.ts";
import type { Principal } from "./principal.ts";

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Who sent the request. The guard has seen to it that somebody did. */
export function principalOf(c: Context<ApiEnv>): Principal {
  const principal = c.get("principal");
  assert(principal !== null, "the guard lets nobody to this route without a principal");
  return principal;
}

export function namespaceOf(c: Context<ApiEnv>): string {
  return principalOf(c).namespace;
}

/** The caller's trace context (W3C), when it sent a valid one. */
export function traceparentOf(c: Context<ApiEnv>): string | null {
  const sent = c.req.header("traceparent");
  return sent !== undefined && TRACEPARENT.test(sent) ? sent : null;
}

/** A job by id or name, and the shard that owns it. */
export function placeOfJob(
  namespace: string,
  job: string,
  shards: number,
): { readonly shard: number; readonly ref: JobRef } {
  const shard = shardOfId("job", job, shards) ?? shardOf(namespace, job, shards);
  return { shard, ref: { namespace, job } };
}

/** The shard that made a run. A text that is no run id names no run. */
export function shardOfRun(run: string, shards: number): number {
  const shard = shardOfId("run", run, shards);
  if (shard === undefined)
    throw new Refusal("run.unknown", `There is no run ${run.slice(0, 100)}.`);
  return shard;
}
