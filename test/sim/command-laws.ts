import type { Run } from "../../src/core/run.ts";
import type { ShardCommandKind, ShardReply } from "../../src/ports/shard-client.ts";
import { checkExtended } from "./cancel-laws.ts";
import type { History } from "./history.ts";
import { isSame } from "./model-records.ts";
import { hold } from "./scene.ts";
import type { HostCall } from "./host-inbox.ts";

interface Answered {
  readonly call: HostCall;
  readonly reply: ShardReply<ShardCommandKind>;
  /** The run that a callback names, as the shard had it before and after. */
  readonly before: Run | undefined;
  readonly after: Run | undefined;
  readonly nowMs: number;
}

/** What a command answers fits what it was asked and what it did. */
export function checkReply(history: History, answered: Answered): void {
  const { call, reply } = answered;
  const { kind } = call;
  history.scene.reach(reply.ok ? `command: ${kind}` : `refused: ${reply.refusal.code}`);
  if (kind === "run.callback") checkCallback(history, answered);
  if (!reply.ok) return;
  if (kind === "run.extend") checkExtension(history, answered);
  if (reply.isReplay) history.scene.reach("command: replayed");
  else checkDone(call, reply.value);
}

/** T8: a job that was deleted with its runs has none that lives on. */
export function checkCleared(
  history: History,
  { input }: HostCall,
  reply: ShardReply<ShardCommandKind>,
): void {
  if (!reply.ok || !("jobId" in reply.value) || !("running" in input)) return;
  const job = history.jobs.get(reply.value.jobId);
  const live = (job?.live.size ?? 0) + (job?.liveSlices.size ?? 0);
  const isCleared = input.running !== "cancel" || live === 0;
  hold("T8 delete", isCleared, () => `${live} runs of a job that was deleted with them`);
}

/** K2: only the executor whose run it is can extend the lease. */
function checkExtension(history: History, { call, after, nowMs }: Answered): void {
  const { input } = call;
  if (!("progress" in input) || after === undefined) return;
  const { target } = after.order;
  const isOwn = target.kind === "executor" && target.executor === input.appKey;
  const said = (): string => `${after.id} extended by ${input.appKey}`;
  hold("K2 only its own executor extends it", isOwn, said);
  if (input.progress !== null) {
    const { atMs: _, ...progress } = after.progress ?? { atMs: 0 };
    hold("K2 the progress is kept", isSame(progress, input.progress), said);
  }
  checkExtended(history, after, nowMs);
}

/** R1: what a caller is told of a run is stored, and the same for each repetition. */
export function checkPromised(history: History, { idempotency }: HostCall, value: Done): void {
  if (!("run" in value) || value.run === null) return;
  const { id } = value.run;
  hold("R1 durable", history.runs.has(id), () => `run ${id} was promised, not stored`);
  history.promised.add(id);
  notePromise(history, value);
  if (idempotency === null) return;
  const { key } = idempotency;
  const first = history.byKey.get(key) ?? id;
  history.byKey.set(key, first);
  hold("R1 one key, one run", first === id, () => `key ${key}: ${first}, then ${id}`);
}

/** An executor is about to hear until when its lease lasts. */
function notePromise(history: History, value: Done): void {
  if (!("isCanceled" in value) || value.run.phase.state !== "running") return;
  const { attempt, dueMs } = value.run.phase;
  const story = history.runs.get(value.run.id);
  if (story !== undefined) story.lease = { attempt, untilMs: dueMs };
}

type Done = Extract<ShardReply<ShardCommandKind>, { readonly ok: true }>["value"];

function checkDue({ input }: HostCall, value: Done): void {
  if (!("atMs" in input && "run" in value) || value.run === null || !("nominalMs" in value.run))
    return;
  const atMs = input.atMs ?? 0;
  const { nominalMs } = value.run;
  hold("R1 a run is due when it was asked for", nominalMs >= atMs, () => `${nominalMs}`);
}

function checkDone(call: HostCall, value: Done): void {
  const { kind, input } = call;
  checkDue(call, value);
  if (!("view" in value) || !("job" in value.view)) return;
  const { job } = value.view;
  if ("spec" in input)
    hold("R1 the job is as it was put", isSame(job.spec, input.spec), () => job.spec.name);
  if (kind === "job.pause")
    hold("T6 pause", job.state === "paused" && job.pause !== null, () => job.spec.name);
}

/** W1 to W3: a repetition changes nothing, and neither does a contradiction or an old attempt. */
function checkCallback(history: History, { call, reply, before, after }: Answered): void {
  const { input } = call;
  if (!("digest" in input)) return;
  const said = (): string => `${input.runId}#${input.attempt} ${input.digest}`;
  const noted = notedDigest(before, input.attempt);
  if (!reply.ok || noted === input.digest) {
    hold("W1 no change", before?.version === after?.version, said);
    history.scene.reach(reply.ok ? "callback: a repeat" : "callback: refused");
    return;
  }
  hold("W1 no contradiction", noted === undefined, said);
  hold("W2 only the attempt that is out", isOut(before, input.attempt), said);
  const kept = notedDigest(after, input.attempt);
  hold("W3 a callback is kept", kept === input.digest, said);
  if (isUnanswered(before)) history.scene.reach("callback: overtook its answer");
}

function isUnanswered(run: Run | undefined): boolean {
  return run?.phase.state === "dispatching";
}

function notedDigest(run: Run | undefined, attempt: number): string | undefined {
  const noted = run?.attempts.find(
    (tried) => tried.attempt === attempt && tried.callbackDigest !== null,
  );
  return noted?.callbackDigest ?? undefined;
}

function isOut(run: Run | undefined, attempt: number): boolean {
  if (run === undefined || run.phase.attempt !== attempt) return false;
  const { phase } = run;
  const isResending = phase.state === "retrying" && phase.resend > 0;
  return phase.state === "dispatching" || phase.state === "running" || isResending;
}
