import { executorKey, type ExecutorCopy, type NodeCopy } from "../../src/core/directory.ts";
import type { JobSpec } from "../../src/core/job.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import type { ShardLimits } from "../../src/shard/limits.ts";
import { TestShard } from "./a-shard.ts";
import { executorOrder } from "./a-run.ts";

export function addressOf(node: number): string {
  return `https://worker-${node}.example.com`;
}

/** A node that is online, has every handler and takes as many runs as it gets. */
export function aNode(number: number, more: Partial<NodeCopy> = {}): NodeCopy {
  return {
    id: `node-${number}`,
    address: addressOf(number),
    weight: 1,
    state: "online",
    sinceMs: 0,
    tags: [],
    handlers: null,
    concurrency: null,
    secret: 0,
    lostMs: null,
    ...more,
  };
}

/** The executor `billing` as a shard's copy. */
export function aBillingCopy(
  nodes: readonly NodeCopy[],
  more: { readonly version?: number; readonly concurrency?: number | null } = {},
): DirectoryCopy {
  const { version = 1, concurrency = null } = more;
  const sealedSecrets = ["sealed-older", "sealed-newer"];
  const body: ExecutorCopy = {
    appKey: "billing",
    namespace: "default",
    nodes,
    sealedSecrets,
    concurrency,
  };
  return { key: executorKey("default", "billing"), version, body: JSON.stringify(body) };
}

/** A shard with the job `report` of an executor with so many nodes, to be run by hand unless it says else. */
export function anExecutorShard(
  spec: Partial<JobSpec> = {},
  more: { readonly nodes?: number; readonly limits?: Partial<ShardLimits> } = {},
): TestShard {
  const world = new TestShard(more.limits);
  const nodes = Array.from({ length: more.nodes ?? 3 }, (_, i) => aNode(i));
  world.put(
    { schedule: { kind: "manual" }, ...executorOrder(), ...spec },
    { copies: [aBillingCopy(nodes)] },
  );
  return world;
}
