import { isEnded, type Phase, type Run, type RunState } from "../../src/core/run.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { checkBackfillRun } from "./backfill-laws.ts";
import { checkCanceling, checkLease } from "./cancel-laws.ts";
import type { OutDelivery } from "./deliveries-out.ts";
import { checkDelayTick } from "./delay-laws.ts";
import { keyOf } from "./executor-answers.ts";
import type { Commit, History } from "./history.ts";
import type { JobStory } from "./job-story.ts";
import { checkMoved } from "./lost-laws.ts";
import { isSame } from "./model-records.ts";
import { checkFirstStart, checkRoom, checkToldFirst } from "./overlap-laws.ts";
import { checkRouted, checkWhere } from "./routing-laws.ts";
import { isClosedTick } from "./schedule-model.ts";
import { hold } from "./scene.ts";
import { checkSliceBirth, checkUnsplit } from "./slice-laws.ts";

/** The rows of one run, as far as the laws need them. */
export class RunStory {
  #row: Run;
  #changedIn: Commit;
  /** The transaction that made it. */
  readonly bornIn: Commit;
  /** It has waited for its turn among the runs of its job. */
  wasParked = false;
  /** The transactions that split it, and that ended it. */
  splitIn: Commit | undefined;
  endedIn: Commit | undefined;
  /** What its executor was promised last, by the shard's own clock. */
  lease: { readonly attempt: number; readonly untilMs: number } | undefined;
  /** Deliveries that left, as `attempt#send`. */
  readonly sent = new Set<string>();
  /** Deliveries that were out when their runs were canceled to make way for this one. */
  readonly canceledForIt: { readonly delivery: OutDelivery; sinceMs: number }[] = [];

  constructor(run: Run, bornIn: Commit) {
    this.#row = run;
    this.#changedIn = bornIn;
    this.bornIn = bornIn;
  }

  get row(): Run {
    return this.#row;
  }

  /** The last transaction that changed it. */
  get changedIn(): Commit {
    return this.#changedIn;
  }

  take(run: Run, commit: Commit): void {
    if (this.#row.tally === null && run.tally !== null) this.splitIn = commit;
    if (!isEnded(this.#row.phase) && isEnded(run.phase)) this.endedIn = commit;
    this.#row = run;
    this.#changedIn = commit;
  }
}

/** R3, R4: what leaves was stored before, and leaves once. */
export function checkIntent(story: RunStory | undefined, delivery: Delivery): void {
  const { attempt, send } = delivery;
  const phase = story?.row.phase;
  hold(
    "R3 intent first",
    phase?.state === "dispatching" && phase.attempt === attempt && phase.send === send,
    () => `${keyOf(delivery)} leaves while storage says ${JSON.stringify(phase)}`,
  );
  const key = `${attempt}#${send}`;
  hold("R4 sent once", story?.sent.has(key) === false, () => `${keyOf(delivery)} left twice`);
  story?.sent.add(key);
  if (story !== undefined) checkToldFirst(story);
}

const EDGES: Readonly<Record<RunState, readonly RunState[]>> = {
  // To itself: what it waited for is over before its time.
  waiting: ["waiting", "dispatching", "canceled"],
  // To itself: a deadline that was drawn nearer after the clock stepped back.
  dispatching: [
    "dispatching",
    "running",
    "retrying",
    "succeeded",
    "failed",
    "timed_out",
    "lost",
    "canceled",
  ],
  running: ["running", "retrying", "succeeded", "failed", "timed_out", "lost", "canceled"],
  // To itself, to running and to an end: its executor speaks while the attempt waits to be re-sent. Or
  // its next attempt would come too late, and it ends as the last one did.
  retrying: [
    "dispatching",
    "running",
    "retrying",
    "succeeded",
    "failed",
    "timed_out",
    "lost",
    "canceled",
  ],
  succeeded: [],
  failed: [],
  timed_out: [],
  // To itself: an answer that came after the cancel is written beside the attempt.
  canceled: ["canceled"],
  lost: [],
};

/** A sharded run makes no delivery: its turn makes slices of it, or fails. */
const EDGES_OF_SHARDED: Readonly<Record<"waiting" | "retrying", readonly RunState[]>> = {
  waiting: ["waiting", "running", "retrying", "failed", "canceled"],
  retrying: ["running", "retrying", "failed", "canceled"],
};

function edgesOf({ phase, order }: Run): readonly RunState[] {
  const { state } = phase;
  const isSharded = order.sharding !== null && (state === "waiting" || state === "retrying");
  return isSharded ? EDGES_OF_SHARDED[state] : EDGES[state];
}

interface RunChange {
  readonly story: RunStory | undefined;
  readonly run: Run;
  readonly commit: Commit;
  /** Where it is among the changes of its transaction. */
  readonly at: number;
  readonly nowMs: number;
}

export function checkRunChange(history: History, change: RunChange): void {
  const { story, run } = change;
  if (story === undefined) checkBirth(history, change);
  else checkChange(history, story, change);
  checkMoved(history, run);
  if (hasBegun(story?.row, run)) checkStart(history, change);
  if (run.phase.state === "retrying") checkBackoff(history, change);
  if (run.phase.state === "succeeded") checkSuccess(history, run);
  const { attemptsMax } = run.order.retry;
  hold("R4 bounded", run.phase.attempt <= attemptsMax, () => `${run.id} ${run.phase.attempt}`);
  reachRun(history, change);
}

function checkChange(history: History, story: RunStory, { run, commit, nowMs }: RunChange): void {
  checkEdge(story.row, run);
  checkCanceling(history, story, run, nowMs);
  checkLease(story, run, nowMs);
  checkWhere(history, run);
  if (run.phase.attempt > story.row.phase.attempt) checkUnsplit(history, commit.shard, run);
}

/** Its turn has come: an attempt is sent, or a sharded run is split or fails. */
function hasBegun(before: Run | undefined, { phase }: Run): boolean {
  if (phase.state === "dispatching") return before?.phase.state !== "dispatching";
  return before?.phase.state === "waiting" && BEGUN.has(phase.state);
}

const BEGUN: ReadonlySet<RunState> = new Set(["running", "retrying", "failed"]);

/** A new run has a job that exists; one of a tick is not born into a pause. */
function checkBirth(history: History, change: RunChange): void {
  const { run, nowMs } = change;
  const { id, version, phase, jobId, nominalMs } = run;
  const isFirst = version === 1 ? phase.state === "waiting" : phase.state === "dispatching";
  hold("R2 legal edge", version <= 2 && isFirst, () => `${id} begins as v${version}`);
  if (run.trigger.kind === "workflow") return; // Judged with its workflow run, when the transaction is over.
  const job = history.jobs.get(jobId);
  if (run.trigger.kind === "shard") {
    checkSliceBirth(history, run);
    return;
  }
  hold("T8 delete", job?.isDeleted === false, () => `${id} of a job that is gone`);
  if (job === undefined) return;
  checkRoom(history, job, run);
  checkBackfillRun(history, run, nowMs);
  if (run.trigger.kind !== "tick") return;
  hold("T3 no phantom", run.trigger.tickMs === nominalMs, () => `${id} is due at another time`);
  hold("T4 not early", nowMs >= nominalMs, () => `${id} is made ${nominalMs - nowMs} ms early`);
  checkTickRun(history, job, change);
  job.bornRuns.push({ run, nowMs, spec: job.row.spec });
}

/** A tick only fires on an open day, and in a pause only what the end of that pause catches up. */
function checkTickRun(history: History, job: JobStory, { run, commit, at }: RunChange): void {
  const { id, nominalMs } = run;
  const isClosed = isClosedTick(job.era, history.scene.options.startMs, nominalMs);
  hold("C2 closed ticks never fire", !isClosed, () => `${id} at ${nominalMs}`);
  checkDelayTick(job, nominalMs, history.scene);
  if (job.row.pause === null) return;
  const isResumed = commit.changes.some(
    (change, i) =>
      i > at && change.kind === "job" && change.job.id === job.id && change.job.pause === null,
  );
  hold("T6 pause", isResumed, () => `${id} of a job that is paused`);
}

function checkEdge(before: Run, run: Run): void {
  const { id } = run;
  const [from, to] = [before.phase, run.phase];
  const said = (): string => `${id}: ${JSON.stringify(from)} to ${JSON.stringify(to)}`;
  hold("T2 unique", run.version > before.version, () => `${id} is made a second time`);
  hold("R2 versions rise", run.version === before.version + 1, () => `${id} v${run.version}`);
  hold("R2 legal edge", edgesOf(before).includes(to.state), said);
  hold("R2 attempts never fall", to.attempt >= from.attempt, said);
  hold("R2 the order stays", isSame(before.order, run.order), () => `${id}: its order changed`);
  if (!isEnded(from)) return;
  const stays = isSame(from, to) && isSame(before.result, run.result);
  hold("R2 ended stays", stays && isSame(before.error, run.error), said);
}

function checkStart(history: History, { story, run, commit, nowMs }: RunChange): void {
  const { phase } = run;
  const before = story?.row;
  const job = run.trigger.kind === "shard" ? undefined : history.jobs.get(run.jobId);
  const isFirst = before === undefined || before.phase.state === "waiting";
  if (job !== undefined && isFirst) checkFirstStart(history, job, { story, run, commit });
  if (before !== undefined) checkOrder(before.phase, run, nowMs);
  if (phase.state !== "dispatching") return;
  checkRouted(history, commit.shard, run);
  checkSend(history, run, { ...phase, nowMs });
}

function checkSend(
  history: History,
  { id, order, attempts, nominalMs }: Run,
  of: { readonly attempt: number; readonly send: number; readonly nowMs: number },
): void {
  const { attempt, send, nowMs } = of;
  hold("R4 two sends at most", send <= 2, () => `${id} send ${send}`);
  hold("R3 intent first", attempts.at(-1)?.send === send, () => `${id}: no attempt noted`);
  // After a clock stepped back, only the first send of a run need wait for its nominal time.
  const isOnTime = nowMs >= nominalMs || attempt + send > 2;
  hold("T4 not early", isOnTime, () => `${id}: ${nominalMs - nowMs} ms`);
  const mayGo = order.delivery === "at_least_once" || history.evidence.arrivalsOf(id) === 0;
  hold("R4 at most once", mayGo, () => `${id} goes out again`);
}

/** Each attempt follows the one before it, after its wait and before it is too late. */
function checkOrder(from: Phase, run: Run, nowMs: number): void {
  const { id, phase, order } = run;
  if (phase.state !== "dispatching" || isEnded(from)) return;
  hold("R5 not before its wait is over", nowMs >= from.dueMs, () => `${id} at ${nowMs}`);
  const isResend = from.state === "retrying" && from.resend > 0;
  const attempt = from.attempt + (isResend ? 0 : 1);
  hold("R4 attempts in order", phase.attempt === attempt, () => `${id}: ${phase.attempt}`);
  const { beforeMs } = order.retry;
  const isInTime = attempt === 1 || isResend || beforeMs === null || nowMs < beforeMs;
  hold("R5 no retry outlives the next tick", isInTime, () => `${id} at ${nowMs}`);
}

/** How long it waits now, against what its policy and its executor asked for. */
function checkBackoff(history: History, { story, run, nowMs }: RunChange): void {
  const { id, phase, order } = run;
  if (phase.state !== "retrying") return;
  const { baseMs, factor, delayMsMax, jitter } = order.retry;
  const ceilingMs = Math.min(delayMsMax, Math.round(baseMs * factor ** (phase.attempt - 1)));
  const waitMs = phase.dueMs - nowMs;
  const said = (): string => `${id} waits ${waitMs} ms of ${ceilingMs}`;
  const asked = askedToWaitMs(history, run);
  const cappedMs = asked.map((ms) => Math.min(ms, 86_400_000));
  hold("R5 bounded above", waitMs <= Math.max(ceilingMs, ...cappedMs), said);
  hold("R5 not in the past", waitMs >= 0, said);
  if (phase.resend > 0) return;
  hold("R5 Retry-After is kept", asked.length === 0 || waitMs >= Math.min(...cappedMs), said);
  if (jitter === "none") hold("R5 no jitter", waitMs >= ceilingMs, said);
  const last = story?.row.phase;
  const left = order.retry.attemptsMax - (last?.attempt ?? 0);
  hold("R4 bounded", left > 0, () => `${id} waits for an attempt it has not`);
}

/** What its executor asked for, or a shard that could not start another workflow run. */
function askedToWaitMs(history: History, { id, order, phase, attempts }: Run): readonly number[] {
  const last = attempts.at(-1);
  if (last?.status === 429) return history.evidence.askedToWaitMs(id, phase.attempt);
  const isOfStart = order.target.kind === "workflow" && last?.callbackDigest === null;
  const isFull = isOfStart && FULL.has(last.error?.code ?? "");
  return isFull ? [10_000] : [];
}

const FULL: ReadonlySet<string> = new Set(["quota.exceeded", "records.unavailable"]);

function checkSuccess(history: History, run: Run): void {
  const { id, phase, result } = run;
  // What a sharded run comes to is judged by its slices.
  if (run.tally !== null) return;
  const isTrue = history.evidence.saidSuccess(id, phase.attempt, result);
  hold("R9 success was said", isTrue, () => `${id}#${phase.attempt} ${JSON.stringify(result)}`);
}

function reachRun(history: History, { story, run }: RunChange): void {
  const { scene } = history;
  const { phase } = run;
  scene.reach(`run: ${phase.state}`);
  if (phase.state === "dispatching" && phase.send === 2) scene.reach("run: re-sent");
  if (phase.state === "succeeded" && phase.attempt > 1) scene.reach("run: saved by a retry");
  if (phase.state === "canceled" && story?.row.phase.state === "canceled")
    scene.reach("run: late answer noted");
}
