import { isEnded } from "../../src/core/run.ts";
import type { Answered } from "../../src/ports/dispatcher.ts";
import type { History } from "./history.ts";
import type { ShardHost } from "./shard-host.ts";

/** A shard is handed answers. */
export function hears(history: History, { deps }: ShardHost, answers: readonly Answered[]): void {
  if (answers.length > 0) history.unsure.add(deps.shard);
  for (const answered of answers) {
    history.deliveries.answered(answered);
    history.executors.hears(deps.shard, answered);
  }
}

/** It has kept them. Of an answer to a run that had ended nothing may have been learnt. */
export function heard(
  history: History,
  { deps, nowMs }: ShardHost,
  answers: readonly Answered[],
): void {
  history.unsure.delete(deps.shard);
  history.deliveries.looked(deps.shard, nowMs);
  history.seenMs.set(deps.shard, Math.max(nowMs, history.seenMs.get(deps.shard) ?? 0));
  for (const answered of answers)
    history.executors.heard(deps.shard, answered, !wasOver(history, deps.shard, answered));
}

function wasOver(history: History, shard: number, { runId }: Answered): boolean {
  const story = history.runs.get(runId);
  return (
    story === undefined || (isEnded(story.row.phase) && story.endedIn !== history.lastCommit(shard))
  );
}

/** The clock of a shard fell back: nobody is waited for longer than he would be from now on. */
export function clamp(history: History, { deps, nowMs }: ShardHost): void {
  history.deliveries.clamp(deps.shard, nowMs);
  for (const story of history.liveOf(deps.shard).values()) {
    const { lease, row, canceledForIt } = story;
    for (const canceled of canceledForIt) canceled.sinceMs = Math.min(canceled.sinceMs, nowMs);
    if (lease === undefined) continue;
    story.lease = { ...lease, untilMs: Math.min(lease.untilMs, nowMs + row.order.timeoutMs) };
  }
}
