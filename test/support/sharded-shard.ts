import type { JobSpec, ShardingSpec } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { OK } from "./a-run.ts";
import type { TestShard } from "./a-shard.ts";
import { anExecutorShard } from "./executor-shard.ts";

/** Three slices without items, all of which must succeed. */
export const THREE: ShardingSpec = { mode: "count", total: 3, success: { mode: "all" } };

/** A sharded run that has been split, with its deliveries in the order of their slices. */
export function aSplitRun(
  spec: Partial<JobSpec> = {},
  more: Parameters<typeof anExecutorShard>[1] = {},
): { readonly world: TestShard; readonly parentId: string; readonly out: readonly Delivery[] } {
  const world = anExecutorShard({ sharding: THREE, ...spec }, more);
  const { id: parentId } = world.runNow();
  const out = world.shard.tick(world.nowMs);
  return { world, parentId, out: inOrder(out) };
}

export function inOrder(out: readonly Delivery[]): readonly Delivery[] {
  return out.toSorted((a, b) => (a.slice?.index ?? 0) - (b.slice?.index ?? 0));
}

/** The runs of a sharded run that the shard holds, in the order of their slices. */
export function slicesOf(world: TestShard, parentId: string): readonly Run[] {
  return world.runs
    .filter(({ trigger }) => trigger.kind === "shard" && trigger.parent === parentId)
    .toSorted((a, b) => (a.slice?.index ?? 0) - (b.slice?.index ?? 0));
}

export function statesOf(world: TestShard, parentId: string): readonly string[] {
  return slicesOf(world, parentId).map(({ phase }) => phase.state);
}

/** The address of the node that a delivery goes to. */
export function nodeOf({ route }: Delivery): string {
  return route.kind === "executor" ? route.node.address : "";
}

/** Each has done its work. */
export function answerAll(world: TestShard, out: readonly Delivery[]): void {
  for (const delivery of out) world.answer(delivery, OK);
}
