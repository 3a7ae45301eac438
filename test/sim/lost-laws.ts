import type { ExecutorCopy } from "../../src/core/directory.ts";
import { executorKey } from "../../src/core/directory.ts";
import { isOut, type Run } from "../../src/core/run.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import type { OutDelivery } from "./deliveries-out.ts";
import type { History } from "./history.ts";
import { hold } from "./scene.ts";

/** Runs that a copy has found on lost nodes, until they have moved on. */
export class LostRuns {
  /** As they were when the copy came, in the transaction under way. */
  readonly mustMove = new Map<string, Run>();
  /** Deliveries that were out to such a node, until their carriers have been told. */
  readonly mustBreak: OutDelivery[] = [];
}

/** A shard has stored a copy of something: if that is an executor, its nodes are as it says from now on. */
export function takeExecutor(history: History, shard: number, copy: DirectoryCopy): void {
  const executor = history.executors.take(shard, copy);
  if (executor === undefined) return;
  history.scene.note(`stores: ${copy.key} v${copy.version}`);
  noteLost(history, shard, executor);
}

/** N4: a copy has come in. What was sent to a node before it counted as lost moves on before the commit. */
function noteLost(history: History, shard: number, copy: ExecutorCopy): void {
  const key = executorKey(copy.namespace, copy.appKey);
  for (const { address, lostMs } of copy.nodes) {
    if (lostMs === null) continue;
    for (const id of history.executors.at(shard, { key, address })) {
      const row = history.runs.get(id)?.row;
      if (row !== undefined && isLost(row, lostMs)) note(history, row);
    }
  }
}

function isLost({ attempts, tally }: Run, lostMs: number): boolean {
  return tally === null && (attempts.at(-1)?.sentMs ?? Number.POSITIVE_INFINITY) < lostMs;
}

function note(history: History, row: Run): void {
  if (policyOf(row) === "wait") {
    history.scene.reach("node lost: wait");
    return;
  }
  history.lost.mustMove.set(row.id, row);
  const out = history.deliveries.outOf(row.id);
  if (out !== undefined && row.phase.state === "dispatching") history.lost.mustBreak.push(out);
}

function policyOf({ order, cancelRequestedMs }: Run): string {
  if (order.target.kind !== "executor") return "wait";
  return cancelRequestedMs === null ? order.target.onNodeLost : "cancel";
}

/** N4: the first change of such a run is what its policy says. */
export function checkMoved(history: History, run: Run): void {
  const before = history.lost.mustMove.get(run.id);
  if (before === undefined) return;
  history.lost.mustMove.delete(run.id);
  const policy = policyOf(before);
  history.scene.reach(`node lost: ${policy}`);
  const { phase } = run;
  const said = (): string => `${run.id}, ${policy}: ${JSON.stringify(phase)}`;
  const isOnce = before.order.delivery === "at_most_once";
  if (policy === "cancel") hold("N4 as the policy says", phase.state === "canceled", said);
  else if (policy === "fail") hold("N4 as the policy says", isFailed(run, isOnce), said);
  else if (isOnce) hold("N4 as the policy says", phase.state === "lost", said);
  else hold("N4 as the policy says", isAgain(before, run), said);
}

function isFailed({ phase }: Run, isOnce: boolean): boolean {
  const isNext = phase.state === "retrying" && phase.resend === 0;
  return phase.state === "failed" || (isNext && !isOnce);
}

/** The same attempt once more, or what follows an attempt of which nobody knows. */
function isAgain(before: Run, { phase }: Run): boolean {
  const send = "send" in before.phase ? before.phase.send : 2;
  if (send < 2) return phase.state === "retrying" && phase.resend === send;
  return phase.state === "lost" || (phase.state === "retrying" && phase.resend === 0);
}

/** N4: none stays where it was. */
export function checkAllMoved(history: History): void {
  const [stays] = history.lost.mustMove.keys();
  hold("N4 a run on a lost node moves on", stays === undefined, () => `${stays}`);
}

/** N4: whoever carries a delivery to a lost node has been told to break it off. */
export function checkBrokenOff(history: History, shard: number): void {
  const { mustBreak } = history.lost;
  for (const out of mustBreak) {
    if (out.shard !== shard) continue;
    hold("N4 deliveries are broken off", out.isOver || out.isAborted, () => out.key);
  }
  forgetBroken(history, shard);
}

export function forgetBroken({ lost }: History, shard: number): void {
  const rest = lost.mustBreak.filter((out) => out.shard !== shard);
  lost.mustBreak.splice(0, lost.mustBreak.length, ...rest);
}

/** N4: nor does a start leave it there. */
export function checkNoneLost(history: History, shard: number): void {
  for (const { row } of history.liveOf(shard).values()) {
    const isThere = isOut(row.phase) && isAtLost(history, shard, row);
    hold("N4 a run on a lost node moves on", !isThere || policyOf(row) === "wait", () => row.id);
  }
}

function isAtLost(history: History, shard: number, run: Run): boolean {
  const { target } = run.order;
  if (target.kind !== "executor") return false;
  const copy = history.executors.copyOf(shard, executorKey(run.namespace, target.executor));
  const node = copy?.nodes.find(({ address }) => address === run.attempts.at(-1)?.node);
  return node !== undefined && node.lostMs !== null && isLost(run, node.lostMs);
}
