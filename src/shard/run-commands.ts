import { advanceRun } from "../core/advance-run.ts";
import { isEnded, type Run, type RunOrder, type Slice } from "../core/run.ts";
import { ruleForRetry } from "../core/sharding.ts";
import { idOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import type { Job } from "../core/job.ts";
import type { CommandInput, CommandOutput } from "../ports/shard-client.ts";
import { admit } from "../core/overlap.ts";
import { jobOf } from "./job-state.ts";
import { runOf } from "./run-of.ts";
import { limitOf, withRoomMade } from "./run-room.ts";
import { newRun } from "./settle.ts";
import type { ShardState } from "./shard-state.ts";

/** Refuses intake at the shard's bounds: nothing that was accepted is ever dropped to make room. */
export function refuseWithoutRoom(state: ShardState): void {
  if (state.hasRoom()) return;
  const isOutbox = state.outbox.size >= state.limits.outboxMax;
  throw new Refusal(isOutbox ? "records.unavailable" : "quota.exceeded", whyNoRoom(state), {
    retryAfterMs: 10_000,
  });
}

function whyNoRoom({ outbox, live, limits }: ShardState): string {
  if (outbox.size >= limits.outboxMax)
    return "The records have been out of reach for so long that no more changes can be kept for them.";
  return live.size >= limits.liveRunsMax
    ? "Too many runs of this shard have not ended."
    : "Too many messages of this shard to others have not been answered.";
}

export function createRun(
  state: ShardState,
  input: CommandInput<"run.create">,
  nowMs: number,
): CommandOutput<"run.create"> {
  refuseWithoutRoom(state);
  const job = jobOf(state, input.ref);
  const overlap = input.overlap ?? job.spec.overlap;
  const atMs = Math.max(nowMs, input.atMs ?? nowMs);
  const { order } = state.compiled(job);
  const run = makeRun(state, job, {
    trigger: { kind: input.trigger },
    order: { ...order, overlap, params: { ...order.params, ...input.params }, node: input.node },
    dueMs: atMs,
    nowMs,
    traceparent: input.traceparent,
  });
  if (atMs > nowMs) state.saveRun(run);
  return { run: atMs > nowMs ? run : addRun(state, job, run) };
}

/** Stores a run that is due now, or refuses it for those that its job has. */
function addRun(state: ShardState, job: Job, run: Run): Run {
  refuseOneTooMany(state, job, run);
  const stored = withRoomMade(state, run, run.createdMs);
  state.saveRun(stored);
  return stored;
}

function refuseOneTooMany(state: ShardState, job: Job, run: Run): void {
  const { bufferedMax } = state.limits;
  const live = state.live.activeOf(job.id);
  const { name } = job.spec;
  const admission = admit(run.order.overlap, { live, limit: limitOf(job, run), bufferedMax });
  if (admission === "overlap")
    throw new Refusal("run.overlaps", `A run of job "${name}" has not ended.`, {
      hint: "Wait for it, cancel it, or add ?overlap=allow.",
    });
  if (admission === "full")
    throw new Refusal("quota.exceeded", `As many runs of job "${name}" wait as may.`, {
      hint: "Wait until some of them have ended, cancel some, or raise the job's concurrency.",
      retryAfterMs: 10_000,
    });
}

export function retryRun(
  state: ShardState,
  input: CommandInput<"run.retry">,
  nowMs: number,
): CommandOutput<"run.retry"> {
  refuseWithoutRoom(state);
  const { origin } = input;
  if (!isEnded(origin.phase))
    throw new Refusal("run.not_ended", `Run "${origin.id}" has not ended.`, {
      hint: "Cancel it first, or wait.",
    });
  if (origin.trigger.kind === "workflow")
    throw new Refusal("request.invalid", `Run "${origin.id}" is a step of a workflow run.`, {
      hint: `Retry the step "${origin.trigger.stepName}" of ${origin.trigger.workflowRun} instead.`,
    });
  const job = jobOf(state, { namespace: origin.namespace, job: origin.jobId });
  const { order } = origin;
  const run = makeRun(state, job, {
    trigger: { kind: "retry", origin: origin.id },
    order: {
      ...order,
      ...slicesAgain(origin, input.slices),
      overlap: "allow",
      params: { ...order.params, ...input.params },
      retry: { ...order.retry, beforeMs: null },
    },
    dueMs: nowMs,
    nowMs,
    traceparent: input.traceparent,
    slice: origin.slice,
  });
  return { run: addRun(state, job, run) };
}

/** A retry of some slices counts what succeeded before towards the success rule. */
function slicesAgain(
  { order, tally }: Run,
  slices: readonly Slice[] | null,
): Pick<RunOrder, "sharding" | "slices"> {
  const { sharding } = order;
  if (sharding === null || slices === null || tally === null)
    return { sharding, slices: order.slices };
  return { sharding: { ...sharding, success: ruleForRetry(sharding.success, tally) }, slices };
}

export function getRun(
  state: ShardState,
  input: CommandInput<"run.get">,
): CommandOutput<"run.get"> {
  return { run: runOf(state, input.ref) };
}

export function callBack(
  state: ShardState,
  input: CommandInput<"run.callback">,
  nowMs: number,
): CommandOutput<"run.callback"> {
  const run = state.live.get(input.runId);
  if (run === undefined) throw new Refusal("run.unknown", `There is no run "${input.runId}" here.`);
  const earlier = run.attempts.find(
    (attempt) => attempt.attempt === input.attempt && attempt.callbackDigest !== null,
  );
  if (earlier !== undefined) {
    if (earlier.callbackDigest === input.digest) return { run, isRepeat: true };
    throw new Refusal("callback.contradicts", "This attempt was called back otherwise before.");
  }
  const draw = state.random.next();
  const advanced = advanceRun(run, { ...input, kind: "called_back", nowMs, draw });
  if (advanced === run)
    throw new Refusal("callback.over", `Attempt ${input.attempt} of this run is over.`);
  state.saveRun(advanced);
  state.workflows.news.said(advanced, input.context);
  return { run: advanced, isRepeat: false };
}

function makeRun(
  state: ShardState,
  job: Job,
  run: {
    readonly trigger: Run["trigger"];
    readonly order: RunOrder;
    readonly dueMs: number;
    readonly nowMs: number;
    readonly traceparent: string | null;
    readonly slice?: Slice | null;
  },
): Run {
  const id = idOf("run", state.ids.next(run.nowMs), state.shard);
  return newRun(job, { ...run, id, nominalMs: run.dueMs });
}
