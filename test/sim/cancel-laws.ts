import { isEnded, RUN_LIMITS, type Run } from "../../src/core/run.ts";
import type { CancelNotice } from "../../src/ports/dispatcher.ts";
import type { History } from "./history.ts";
import { choiceOf } from "./routing-laws.ts";
import type { RunStory } from "./run-laws.ts";
import { hold } from "./scene.ts";

const DAY_MS = 86_400_000;
/** How late a calm world may notice that a time has come. */
const SLACK_MS = 100;

/** K1: a run whose executor was asked to stop starts nothing more, and ends in time. */
export function checkCanceling(history: History, story: RunStory, run: Run, nowMs: number): void {
  const { row } = story;
  if (row.cancelRequestedMs === null) {
    if (run.cancelRequestedMs !== null) checkAsked(history, row, run);
    return;
  }
  const said = (): string =>
    `${run.id}: ${JSON.stringify(row.phase)} to ${JSON.stringify(run.phase)}`;
  hold("K1 asked once", run.cancelRequestedMs === row.cancelRequestedMs, said);
  if (isEnded(row.phase)) return;
  const { state } = run.phase;
  hold("K1 nothing starts after it", ENDS_OF_CANCEL.has(state), said);
  if (isEnded(run.phase)) checkEnd(history, row, run, nowMs);
  else if (run.tally === null) hold("K1 no more time", !isLater(row, run), said);
}

const ENDS_OF_CANCEL: ReadonlySet<string> = new Set(["running", "succeeded", "canceled"]);

function checkAsked(history: History, before: Run, run: Run): void {
  const { phase, tally } = run;
  const said = (): string =>
    `${run.id}: ${JSON.stringify(before.phase)} to ${JSON.stringify(phase)}`;
  hold("K1 only what runs is asked", before.phase.state === "running", said);
  if (phase.state !== "running" || tally !== null) return;
  const latestMs = (run.cancelRequestedMs ?? 0) + RUN_LIMITS.cancelGraceMs;
  hold("K1 the grace", phase.dueMs <= latestMs, said);
  history.scene.reach("cancel: asked");
  history.toBeTold.add(run.id);
}

function isLater(before: Run, run: Run): boolean {
  return "dueMs" in before.phase && "dueMs" in run.phase && run.phase.dueMs > before.phase.dueMs;
}

function checkEnd(history: History, before: Run, run: Run, nowMs: number): void {
  const { scene, evidence } = history;
  if (run.tally !== null) return;
  const last = run.attempts.at(-1);
  const said = (): string => `${run.id}: ${JSON.stringify(run.phase)} ${JSON.stringify(last)}`;
  if (run.phase.state === "succeeded") {
    scene.reach("cancel: overtaken");
    return;
  }
  const requestedMs = before.cancelRequestedMs ?? 0;
  const isLong = nowMs - requestedMs > RUN_LIMITS.cancelGraceMs + SLACK_MS;
  hold("K1 ends within the grace", !scene.options.isCalm || !isLong, said);
  const isConfirmed = last !== undefined && last.answeredMs !== null;
  scene.reach(isConfirmed ? "cancel: confirmed" : "cancel: forced");
  if (!isConfirmed) return;
  const isSaid = last.callbackDigest !== null || last.status !== null;
  const isStopped = evidence.saidStopped(run.id, last.attempt);
  hold("K1 somebody has confirmed it", isSaid || isStopped, said);
}

/** K1: a node is asked to stop what it was sent, and what is to stop. */
export function checkNotice(history: History, notice: CancelNotice): void {
  const run = history.runs.get(notice.runId)?.row;
  const said = (): string => `${JSON.stringify(notice)} of ${JSON.stringify(run)}`;
  const isCanceled = run?.phase.state === "canceled" || run?.cancelRequestedMs !== null;
  hold("K1 only what is canceled is told", run !== undefined && isCanceled, said);
  const tried = run?.attempts.filter(({ attempt }) => attempt === notice.attempt) ?? [];
  const isThere = tried.some(({ node }) => node === notice.node.address);
  hold("K1 its node is told", isThere, said);
  history.toBeTold.delete(notice.runId);
  history.scene.reach(run?.cancelRequestedMs === null ? "notice: of an end" : "notice: asks");
}

/** K1: once a transaction's effects are over, the nodes of all that it asked to stop have been told. */
export function checkTold(history: History, shard: number): void {
  for (const id of history.toBeTold) {
    const run = history.liveOf(shard).get(id)?.row;
    if (run === undefined || run.phase.state !== "running") continue;
    const node = run.attempts.at(-1)?.node;
    const isKnown = choiceOf(history, shard, run).copy?.nodes.some((each) => each.address === node);
    hold("K1 its node is told", isKnown !== true, () => `${id} at ${node}`);
  }
  history.toBeTold.clear();
}

/** K2: an extension gives the whole timeout again, within seven days of the send. */
export function checkExtended(history: History, run: Run, nowMs: number): void {
  const { phase, attempts, order } = run;
  const sentMs = attempts.at(-1)?.sentMs ?? Number.NaN;
  history.scene.reach("lease: extended");
  if (run.cancelRequestedMs !== null || phase.state !== "running") return;
  const boundMs = sentMs + 7 * DAY_MS;
  if (boundMs < nowMs + order.timeoutMs) history.scene.reach("lease: at its bound");
  const said = (): string => `${run.id} until ${phase.dueMs}, at ${nowMs}, sent ${sentMs}`;
  const isWhole = phase.dueMs === Math.min(nowMs + order.timeoutMs, boundMs);
  hold("K2 extended by its timeout", isWhole, said);
}

/** K2: a lease does not end before what its executor was promised. */
export function checkLease({ row, lease }: RunStory, run: Run, nowMs: number): void {
  if (run.phase.state === row.phase.state || row.phase.state !== "running") return;
  const last = run.attempts.at(-1);
  // A workflow run tells what became of the leases of its own steps.
  if (last?.error?.code !== "lease_lost" || last.callbackDigest !== null) return;
  const said = (): string =>
    `${run.id} lost its lease at ${nowMs}, promised ${JSON.stringify(lease)}`;
  hold("K2 the lease lasts", nowMs >= row.phase.dueMs, said);
  const isPromised = lease?.attempt === row.phase.attempt && nowMs < lease.untilMs;
  hold("K2 the lease lasts", !isPromised, said);
}
