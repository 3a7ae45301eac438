import { advanceRun } from "../core/advance-run.ts";
import { candidatesOf, pinnedOf, whyNone, type NodeWish } from "../core/candidates.ts";
import { executorKey } from "../core/directory.ts";
import { idOf } from "../core/placement.ts";
import { isEnded, type Run, type RunError, type Slice } from "../core/run.ts";
import { SHARDING_LIMITS, splitRun as cutSlices } from "../core/sharding.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * The turn of a sharded run: it becomes slices, in the transaction under way, or fails where nobody is there
 * to share the work. False when the shard has no room for the slices; then nothing has changed.
 */
export function splitRun(state: ShardState, run: Run, nowMs: number): boolean {
  const slices = slicesOf(state, run, nowMs);
  if ("message" in slices) {
    fail(state, run, { error: slices, nowMs });
    return true;
  }
  if (!hasRoomFor(state, slices.length)) {
    // One that is between attempts has started, and cannot be set aside.
    if (run.phase.state === "retrying") fail(state, run, { error: NO_ROOM, nowMs });
    return run.phase.state === "retrying";
  }
  const parent = advanceRun(run, { kind: "split", nowMs, total: slices.length });
  if (parent === run) return true;
  state.saveRun(parent);
  for (const slice of slices) state.saveRun(sliceRun(state, parent, slice, nowMs));
  return true;
}

const NO_ROOM: RunError = {
  message: "Too many runs of this shard have not ended.",
  code: "quota.exceeded",
};

function fail(
  state: ShardState,
  run: Run,
  { error, nowMs }: { readonly error: RunError; readonly nowMs: number },
): void {
  const draw = state.random.next();
  state.saveRun(advanceRun(run, { kind: "unsplit", nowMs, error, draw }));
}

/** What it is split into, or why it cannot be. */
function slicesOf(
  state: ShardState,
  { namespace, order }: Run,
  nowMs: number,
): readonly Slice[] | RunError {
  const { sharding, target } = order;
  if (sharding === null || target.kind !== "executor")
    return { message: "Only runs of an executor can be sharded.", code: "executor.unknown" };
  const copy = state.executors.get(executorKey(namespace, target.executor), nowMs)?.copy;
  if (copy === undefined)
    return { message: `There is no executor "${target.executor}".`, code: "executor.unknown" };
  // The one node that was named goes before the tags, as it does for a run that is not split.
  const pinned = pinnedOf(order.node ?? target.node);
  const tags = order.node === null ? target.tags : [];
  const wish: NodeWish = { handler: target.handler, tags, pinned };
  const slices = cutSlices(sharding, candidatesOf(copy, wish), order.slices);
  if (slices.length > 0) return slices;
  const { message, code } = whyNone(copy, wish);
  return { message, code };
}

/**
 * Intake stops at the shard's bounds, and slices may go beyond them by as many as one run can have: so a shard
 * that is full of sharded runs still gets one after the other done.
 */
function hasRoomFor({ live, outbox, limits }: ShardState, count: number): boolean {
  const { slicesMax } = SHARDING_LIMITS;
  const isLiveFull = live.size + count > limits.liveRunsMax + slicesMax;
  return !isLiveFull && outbox.size + count <= limits.outboxMax + slicesMax;
}

function sliceRun(state: ShardState, parent: Run, slice: Slice, nowMs: number): Run {
  const { order, id } = parent;
  const isBroadcast = order.sharding?.mode === "broadcast";
  return {
    ...parent,
    id: idOf("run", state.ids.next(nowMs), state.shard),
    trigger: { kind: "shard", parent: id, index: slice.index },
    order: {
      ...order,
      overlap: "allow",
      sharding: null,
      slices: null,
      // One of a broadcast is for its node and for no other.
      node: isBroadcast ? slice.node : order.node,
    },
    phase: { state: "waiting", attempt: 0, dueMs: nowMs },
    attempts: [],
    error: null,
    progress: null,
    slice,
    tally: null,
    createdMs: nowMs,
    startedMs: null,
    version: 1,
  };
}

/**
 * What the ends of slices and of sharded runs set off, in the transaction that ended them: a sharded run counts
 * its slices, and what is left of them ends with it. Called before the commit; calling it again finds nothing.
 */
export function settleSlices(state: ShardState, nowMs: number): void {
  for (let news = state.sliceNews.take(); news; news = state.sliceNews.take()) {
    for (const [parentId, ends] of news.ends) {
      const parent = state.live.get(parentId);
      if (parent === undefined) continue;
      const counted = advanceRun(parent, { kind: "slices_ended", nowMs, ends });
      if (counted !== parent) state.saveRun(counted);
    }
    for (const parentId of news.parents) cancelRest(state, parentId, nowMs);
  }
}

function cancelRest(state: ShardState, parentId: string, nowMs: number): void {
  const parent = state.live.get(parentId);
  const reason = `Its run ${parentId} has ended: ${parent?.phase.state}.`;
  for (const slice of liveSlices(state, parentId))
    state.saveRun(advanceRun(slice, { kind: "canceled", nowMs, reason }));
}

/** The slices of a sharded run that have not ended. */
export function liveSlices(state: ShardState, parentId: string): readonly Run[] {
  return [...state.live.liveOf(parentId)]
    .map((runId) => state.live.get(runId))
    .filter((run) => run !== undefined)
    .filter(({ phase }) => !isEnded(phase));
}

/** The bound on a sharded run's life has come: its slices have more time, or end with it. */
export function settleOverdue(state: ShardState, run: Run, nowMs: number): void {
  const count = state.live.liveOf(run.id).size;
  const settled = advanceRun(run, { kind: "overdue", nowMs, liveSlices: count });
  if (settled !== run) state.saveRun(settled);
}
