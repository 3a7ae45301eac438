import { unreachable } from "./assert.ts";
import type { Evidence, ExplainInput, Explanation } from "./explain.ts";
import { isEnded, type Run, type SliceTally } from "./run.ts";
import { fireAtMs } from "./schedule.ts";
import { isTickAt } from "./tick-at.ts";
import type { Words } from "./schedule-words.ts";
import { sentences, spanWords, utcText, whenText } from "./time-words.ts";

/** What is told of a tick that became a run: how late it was, and how the run went. */
export function explainFired(input: ExplainInput, run: Run): Explanation {
  const lateMs = Math.max(0, run.createdMs - run.nominalMs);
  const jitterMs = jitterOf(input, run);
  return {
    disposition: "fired",
    reason: null,
    words: sentences([
      head(input, run, lateMs),
      jitterWords(jitterMs),
      missedWords(input, run, lateMs - jitterMs),
      startWords(input, run),
      outcomeWords(input, run),
    ]),
    evidence: evidenceOf(run, { lateMs, jitterMs }),
    startsMs: null,
  };
}

/** The jitter that the schedule gives this tick; 0 when the schedule has changed since and knows it no more. */
function jitterOf({ compiled, job }: ExplainInput, { nominalMs }: Run): number {
  const { schedule } = compiled;
  if (!isTickAt(schedule, nominalMs)) return 0;
  return fireAtMs(schedule, job.id, nominalMs) - nominalMs;
}

function head({ zone }: ExplainInput, run: Run, lateMs: number): Words {
  const when = whenText(zone, run.nominalMs);
  const late = spanWords(lateMs);
  const isExact = lateMs === 0;
  return {
    en:
      `The tick of ${when} fired: run ${run.id} was made ` +
      `${isExact ? "exactly then" : `${late.en} later`}.`,
    zh: `${when} 的触发已执行：${isExact ? "准时" : `${late.zh}后`}生成运行 ${run.id}。`,
  };
}

function jitterWords(jitterMs: number): Words | null {
  if (jitterMs === 0) return null;
  const span = spanWords(jitterMs);
  return {
    en: `The jitter of the schedule put its start off by ${span.en}.`,
    zh: `计划的抖动使其推迟 ${span.zh}。`,
  };
}

/** Said only while the job is the one that the run was made by: another version had other rules. */
function missedWords({ job, compiled }: ExplainInput, run: Run, lateMs: number): Words | null {
  const { graceMs, policy } = compiled.misfire;
  if (run.jobVersion !== job.version || lateMs <= graceMs) return null;
  const grace = spanWords(graceMs);
  return {
    en:
      `That is later than the grace of ${grace.en}, so it counted as missed, and the misfire ` +
      `policy "${policy}" let it run all the same.`,
    zh: `这超过了宽限 ${grace.zh}，视为错过，错过策略“${policy}”仍让它运行。`,
  };
}

function startWords({ zone }: ExplainInput, run: Run): Words | null {
  if (run.startedMs === null) return null;
  // A sharded run sends nothing itself. Why one could not be split, its outcome says.
  if (run.order.sharding !== null) return run.tally === null ? null : splitWords(run.tally);
  const when = whenText(zone, run.startedMs);
  const waitedMs = run.startedMs - run.createdMs;
  if (waitedMs <= 0) return { en: "Its first attempt was sent at once.", zh: "首次尝试立即发出。" };
  const waited = spanWords(waitedMs);
  return {
    en: `Its first attempt was sent at ${when}, after it had waited ${waited.en} for its turn.`,
    zh: `等待 ${waited.zh} 后，首次尝试于 ${when} 发出。`,
  };
}

function splitWords({ total }: SliceTally): Words {
  const shards = total === 1 ? "1 shard" : `${total} shards`;
  return { en: `It was split into ${shards}.`, zh: `它被拆分为 ${total} 个分片。` };
}

/** How the shards of a run stand that has not ended. */
function tallyWords({ total, succeeded, failed, canceled }: SliceTally): Words {
  const ended = succeeded + failed + canceled;
  return {
    en: `${ended} of its ${total} shards have ended: ${succeeded} succeeded, ${failed} failed.`,
    zh: `${total} 个分片中已有 ${ended} 个结束：${succeeded} 个成功，${failed} 个失败。`,
  };
}

function outcomeWords(input: ExplainInput, run: Run): Words {
  const { phase } = run;
  if (isEnded(phase)) return endWords(input, run, phase.endedMs);
  if (run.tally !== null) return tallyWords(run.tally);
  const due = whenText(input.zone, phase.dueMs);
  const n = phase.attempt;
  switch (phase.state) {
    case "waiting":
      return { en: "It has not started yet.", zh: "它尚未开始。" };
    case "dispatching":
      return { en: `Attempt ${n} is out.`, zh: `第 ${n} 次尝试正在进行。` };
    case "running":
      return {
        en: `Attempt ${n} was accepted by its target and has until ${due}.`,
        zh: `第 ${n} 次尝试已被目标接受，期限为 ${due}。`,
      };
    case "retrying":
      return {
        en: `Attempt ${n} has failed${because(run)}; it is tried again at ${due}.`,
        zh: `第 ${n} 次尝试失败${becauseZh(run)}，将于 ${due} 重试。`,
      };
    default:
      return unreachable(phase);
  }
}

const ENDS: Readonly<Record<string, Words>> = {
  succeeded: { en: "succeeded", zh: "成功" },
  failed: { en: "failed", zh: "失败" },
  timed_out: { en: "timed out", zh: "超时" },
  canceled: { en: "was canceled", zh: "被取消" },
  lost: { en: "was lost: nobody knows its outcome", zh: "丢失，结果未知" },
};

function endWords({ zone }: ExplainInput, run: Run, endedMs: number): Words {
  const end = ENDS[run.phase.state] ?? { en: run.phase.state, zh: run.phase.state };
  const when = whenText(zone, endedMs);
  const n = run.phase.attempt;
  const max = run.order.retry.attemptsMax;
  const took = run.startedMs === null ? null : spanWords(endedMs - run.startedMs);
  return {
    en:
      `The run ${end.en} at ${when}` +
      (took === null ? " before it had started" : `, ${took.en} after it started`) +
      (n === 0 ? "" : `, with attempt ${n} of at most ${max}`) +
      `${because(run)}.`,
    zh:
      `该运行于 ${when} ${end.zh}` +
      (took === null ? "，当时尚未开始" : `，用时 ${took.zh}`) +
      (n === 0 ? "" : `，第 ${n} 次尝试（最多 ${max} 次）`) +
      `${becauseZh(run)}。`,
  };
}

function because(run: Run): string {
  const why = whyOf(run);
  return why === null ? "" : `: ${why}`;
}

function becauseZh(run: Run): string {
  const why = whyOf(run);
  return why === null ? "" : `：${why}`;
}

const WHY_CHARS = 200;

/** In the words of whoever said it, without a full stop of its own. */
function whyOf({ cancelReason, error, phase }: Run): string | null {
  const why = phase.state === "canceled" ? cancelReason : (error?.message ?? null);
  return why === null ? null : why.slice(0, WHY_CHARS).replace(/[.。]$/u, "");
}

function evidenceOf(
  run: Run,
  { lateMs, jitterMs }: { readonly lateMs: number; readonly jitterMs: number },
): readonly Evidence[] {
  const { startedMs } = run;
  return [
    { what: "jobVersion", value: run.jobVersion },
    { what: "lateMs", value: lateMs },
    { what: "jitterMs", value: jitterMs },
    { what: "startedAt", value: startedMs === null ? null : utcText(startedMs) },
    { what: "attempts", value: run.attempts.length },
  ];
}
