import { advanceRun } from "../core/advance-run.ts";
import type { Answer } from "../core/answer.ts";
import { executorKey } from "../core/directory.ts";
import { Refusal } from "../core/refusal.ts";
import { isEnded, type Run } from "../core/run.ts";
import type { Answered } from "../ports/dispatcher.ts";
import { pauseNow } from "./job-pause.ts";
import type { NodeSign } from "./node-reports.ts";
import type { ShardState } from "./shard-state.ts";

/** Takes the answer to a delivery: what it says of the run, and what of the nodes that were tried. */
export function takeAnswer(state: ShardState, answered: Answered, nowMs: number): void {
  const { live, inFlight, outbox } = state;
  const { runId, answer, attempt, send, status, phases, node } = answered;
  const run = live.get(runId);
  inFlight.answered(answered, run);
  if (run === undefined) return;
  // An ended run was held back for this answer; now it may leave.
  if (isEnded(run.phase)) outbox.noteRun(runId);
  const draw = state.random.next();
  const advanced = advanceRun(run, {
    kind: "answered",
    nowMs,
    draw,
    answer,
    attempt,
    send,
    status,
    phases,
    node,
  });
  if (advanced !== run) state.saveRun(advanced);
  if (advanced !== run && answer.kind === "succeeded")
    state.workflows.news.said(advanced, answer.context);
  learnOfNodes(state, run, answered, nowMs);
  if (advanced !== run && answer.kind === "failed" && answer.gone) pauseGone(state, run, nowMs);
}

/** Routing learns which nodes work, and their keeper is told. */
function learnOfNodes(state: ShardState, run: Run, answered: Answered, nowMs: number): void {
  const { target } = run.order;
  if (target.kind !== "executor") return;
  const signs = signsOf(run, answered);
  if (signs.length === 0) return;
  const executor = state.executors.get(executorKey(run.namespace, target.executor), nowMs);
  if (executor === undefined) return;
  const { namespace, appKey } = executor.copy;
  for (const sign of signs) {
    const { address } = sign;
    const isNew = !sign.isAlive && state.executors.failed(executor, address, nowMs);
    if (sign.isAlive) state.executors.succeeded(executor, address);
    state.reports.note({ namespace, appKey, ...sign, suspectMs: isNew ? nowMs : null });
  }
}

function signsOf(
  run: Run,
  answered: Answered,
): readonly Pick<NodeSign, "address" | "isAlive" | "isError">[] {
  const { unreached, node, status } = answered;
  const signs = unreached.map((address) => ({ address, isAlive: false, isError: true }));
  const isAlive = signOfLife(run, answered);
  if (node === null || isAlive === null) return signs;
  const isError = !isAlive || (status ?? 0) >= SERVER_ERROR;
  return [...signs, { address: node, isAlive, isError }];
}

/**
 * Whether the answer shows that its node works; null when it says nothing of that. A delivery that nobody
 * waited for any more may have been broken off by ourselves, so its failure is not the node's.
 */
function signOfLife({ phase }: Run, { attempt, send, answer, status }: Answered): boolean | null {
  const isAlive = isOfLivingNode(answer, status);
  if (isAlive !== false) return isAlive;
  const isAwaited =
    phase.state === "dispatching" && phase.attempt === attempt && phase.send === send;
  return isAwaited ? false : null;
}

function isOfLivingNode(answer: Answer, status: number | null): boolean | null {
  if (status !== null) return !isOfGateway(answer, status);
  if (answer.kind !== "failed") return answer.kind === "succeeded" || answer.kind === "accepted";
  if (answer.delivered) return false;
  // Whatever else kept it from leaving was on our side.
  return answer.error.code === "unreachable" ? false : null;
}

const SERVER_ERROR = 500;
const UNAVAILABLE = 503;
const GATEWAY_ERRORS: ReadonlySet<number> = new Set([502, 504]);

/**
 * Whether somebody before the node speaks for it because it does not. A node that answers 500 is alive: its
 * handler has failed, and others of it may not; one that answers 503 with a Retry-After only asks to wait.
 */
function isOfGateway(answer: Answer, status: number): boolean {
  const asksToWait = answer.kind === "failed" && answer.retryAfterMs !== null;
  return GATEWAY_ERRORS.has(status) || (status === UNAVAILABLE && !asksToWait);
}

/** 410 from a webhook: whoever owned the address is gone, so the job stops calling it. */
function pauseGone(state: ShardState, run: Run, nowMs: number): void {
  const job = state.job(run.jobId);
  if (job === undefined || job.state !== "active") return;
  const reason = "The webhook answered 410 Gone.";
  try {
    pauseNow(state, job, { untilMs: null, reason, nowMs });
  } catch (error) {
    // It has too many ticks to account for first. The ticks of the shard do that, and the next 410
    // pauses the job; to fail here would keep them from it.
    if (!(error instanceof Refusal)) throw error;
  }
}
