import { isEnded, type Run } from "../../src/core/run.ts";
import type { Shard } from "../../src/shard/shard.ts";
import type { History } from "./history.ts";
import { isSame } from "./model-records.ts";
import { hold } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";

/** S5 and R7: whatever is due wakes the shard, unless a completion must come first to make room for it. */
export function checkArmed(history: History, host: ShardHost): void {
  const { shard, nowMs } = host;
  if (shard === undefined) return;
  const mustMs = mustWakeMs(history, host, shard);
  if (mustMs === undefined) return;
  const nextMs = shard.nextTickMs(nowMs);
  hold(
    "S5 armed",
    nextMs !== undefined && nextMs <= Math.max(mustMs, nowMs),
    () => `shard ${host.deps.shard} wakes at ${nextMs}, must at ${mustMs}, now ${nowMs}`,
  );
}

/** The latest instant at which the shard must look again; undefined when it may sleep. */
function mustWakeMs(history: History, host: ShardHost, shard: Shard): number | undefined {
  const { limits } = history.scene.options;
  const { deps } = host;
  const live = history.liveOf(deps.shard);
  const hasSlot = shard.inFlight < limits.slots;
  const hasRoom = live.size < limits.liveRunsMax && shard.outboxSize < limits.outboxMax;
  if (!hasSlot) history.scene.reach("limit: no slot free");
  if (!hasRoom) history.scene.reach("limit: no room");
  const dues = [...live.values()].map(({ row }) => dueMs(row, hasSlot));
  if (hasSlot && hasRoom) dues.push(deps.storage.earliestDueMs());
  const known = dues.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** A deadline needs no slot; a start that finds none waits for a completion. */
function dueMs({ phase }: Run, hasSlot: boolean): number | undefined {
  if (isEnded(phase)) return undefined;
  const isDeadline = phase.state === "dispatching" || phase.state === "running";
  return isDeadline || hasSlot ? phase.dueMs : undefined;
}

/** S3: a shard that was rebuilt from storage knows what the one before it had stored. */
export function checkRebuilt(history: History, host: ShardHost): void {
  const { shard, deps } = host;
  if (shard === undefined) return;
  const live = history.liveOf(deps.shard);
  for (const [id, { row }] of live) {
    hold("S3 rebuild", isSame(shard.run(id), row), () => `run ${id} is not as it was stored`);
    const isLost = row.phase.state === "dispatching";
    hold("S3 no orphan", !isLost, () => `run ${id} is out, and nobody carries it`);
  }
  const reply = shard.command("stats", {}, { nowMs: host.nowMs, idempotency: null });
  const stats = reply.ok ? reply.value : undefined;
  hold("S3 rebuild", stats?.liveRuns === live.size, () => `${stats?.liveRuns} of ${live.size}`);
  history.scene.reach(live.size > 0 ? "rebuilt with live runs" : "rebuilt");
  checkArmed(history, host);
}
