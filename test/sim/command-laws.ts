import type { Run } from "../../src/core/run.ts";
import type { ShardCommandKind, ShardReply } from "../../src/ports/shard-client.ts";
import type { History } from "./history.ts";
import { isSame } from "./model-records.ts";
import { hold } from "./scene.ts";
import type { HostCall } from "./shard-host.ts";

interface Answered {
  readonly call: HostCall;
  readonly reply: ShardReply<ShardCommandKind>;
  /** The run that a callback names, as the shard had it before and after. */
  readonly before: Run | undefined;
  readonly after: Run | undefined;
}

/** What a command answers fits what it was asked and what it did. */
export function checkReply(history: History, answered: Answered): void {
  const { call, reply } = answered;
  const { kind } = call;
  history.scene.reach(reply.ok ? `command: ${kind}` : `refused: ${reply.refusal.code}`);
  if (reply.ok && reply.isReplay) history.scene.reach("command: replayed");
  if (kind === "run.callback") checkCallback(history, answered);
  if (!reply.ok || reply.isReplay) return;
  if ("atMs" in call.input && "run" in reply.value) {
    const { nominalMs } = reply.value.run;
    const atMs = call.input.atMs ?? 0;
    hold("R1 a run is due when it was asked for", nominalMs >= atMs, () => `${nominalMs}`);
  }
  if (!("view" in reply.value)) return;
  const { job } = reply.value.view;
  const { input } = call;
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
  const noted = before?.attempts.find(
    ({ attempt, callbackDigest }) => attempt === input.attempt && callbackDigest !== null,
  );
  if (!reply.ok || (noted !== undefined && noted.callbackDigest === input.digest)) {
    hold("W1 no change", before?.version === after?.version, said);
    if (reply.ok) hold("W1 a repeat is known", "isRepeat" in reply.value, said);
    history.scene.reach(reply.ok ? "callback: a repeat" : "callback: refused");
    return;
  }
  hold("W1 no contradiction", noted === undefined, said);
  const { phase } = before ?? {};
  const isOut = phase?.state === "dispatching" || phase?.state === "running";
  const isResending = phase?.state === "retrying" && phase.resend > 0;
  hold("W2 only the attempt that is out", isOut || isResending, said);
  hold("W2 only the attempt that is out", phase?.attempt === input.attempt, said);
  if (phase?.state === "dispatching") history.scene.reach("callback: overtook its answer");
  const verdict = after?.attempts.at(-1)?.callbackDigest;
  hold("W3 a callback is kept", verdict === input.digest, said);
}
