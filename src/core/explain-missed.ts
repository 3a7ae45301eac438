import type { ExplainInput } from "./explain.ts";
import type { Words } from "./schedule-words.ts";
import type { Tick, TickEvidence } from "./tick.ts";
import { sentences, spanWords, whenText } from "./time-words.ts";

type Policy = NonNullable<TickEvidence["misfire"]>;

/** Why a tick that was found late did not run, or ran only as part of another. */
export function explainMissed(input: ExplainInput, tick: Tick): Words {
  const { evidence, plannedMs } = tick;
  const lateMs = plannedMs - input.nominalMs;
  const startWithinMs = evidence?.startWithinMs;
  if (startWithinMs !== undefined && lateMs > startWithinMs && tick.disposition === "skipped")
    return tooLateToStart(startWithinMs);
  const policy = evidence?.misfire;
  if (policy === undefined)
    return {
      en: "It was found too late, and the misfire policy of the job decided.",
      zh: "发现得太晚，由任务的错过策略决定。",
    };
  return sentences([foundLate(policy, evidence), ruling(policy, tick, lateMs)]);
}

/** The same for the ticks of a pause, which count as missed when it ends. */
export function explainPaused(input: ExplainInput, tick: Tick): Words {
  const { evidence } = tick;
  const pause = evidence?.pause;
  const policy = evidence?.misfire;
  const lateMs = tick.plannedMs - input.nominalMs;
  return sentences([
    pause === undefined
      ? { en: "The job was paused.", zh: "任务当时已暂停。" }
      : pauseWords(input, pause),
    policy === undefined ? null : ruling(policy, tick, lateMs),
    policy === undefined ? null : otherPolicy(input, policy),
  ]);
}

/** The policy that decided need not be the job's own: a resume may name one, and a change of the job skips. */
function otherPolicy({ compiled }: ExplainInput, { policy }: Policy): Words | null {
  const own = compiled.misfire.policy;
  if (policy === own) return null;
  return {
    en:
      `The job's own misfire policy is "${own}"; the resume named another, ` +
      "or the job was changed during the pause, which passes over the ticks before.",
    zh: `任务自身的错过策略是“${own}”；恢复时指定了其他策略，或任务在暂停期间被修改，此前的触发因而略过。`,
  };
}

/** Since when, until when and why a job is or was paused. */
export function pauseWords(
  { zone }: Pick<ExplainInput, "zone">,
  pause: NonNullable<TickEvidence["pause"]>,
): Words {
  const { sinceMs, untilMs, reason } = pause;
  const since = whenText(zone, sinceMs);
  const until = untilMs === null ? null : whenText(zone, untilMs);
  return {
    en:
      `The job was paused at ${since}` +
      (until === null ? "" : `, to resume at ${until}`) +
      (reason === null ? "." : `, for this reason: "${reason}".`),
    zh:
      `任务于 ${since} 暂停` +
      (until === null ? "" : `，计划于 ${until} 恢复`) +
      (reason === null ? "。" : `，原因：“${reason}”。`),
  };
}

function tooLateToStart(startWithinMs: number): Words {
  const span = spanWords(startWithinMs);
  return {
    en:
      `A run of this job may start at most ${span.en} after its tick (startWithin), and it was ` +
      "later than that.",
    zh: `该任务的运行最迟须在触发后 ${span.zh} 内开始（startWithin），而此时已超过。`,
  };
}

/** What made it count as missed: a pause it fell into, or its lateness. */
function foundLate({ graceMs }: Policy, evidence: TickEvidence | null): Words | null {
  if (evidence?.pause !== undefined) return null;
  const grace = spanWords(graceMs);
  return {
    en: `A tick that is found more than ${grace.en} late (the grace) counts as missed.`,
    zh: `晚于 ${grace.zh}（宽限）才被发现的触发视为错过。`,
  };
}

function ruling(policy: Policy, tick: Tick, lateMs: number): Words {
  const maxAge = spanWords(policy.maxAgeMs);
  if (policy.policy === "skip")
    return {
      en: 'By the misfire policy "skip" no missed tick runs.',
      zh: "按错过策略“skip”，错过的触发一律不运行。",
    };
  if (tick.disposition === "skipped" && lateMs > policy.maxAgeMs)
    return {
      en: `A missed tick older than ${maxAge.en} (maxAge) is never caught up.`,
      zh: `错过超过 ${maxAge.zh}（maxAge）的触发不再补跑。`,
    };
  if (policy.policy === "all")
    return {
      en:
        `By the misfire policy "all" the newest ${policy.maxCatchup} of the missed ticks run ` +
        "(maxCatchup), and it was not among them.",
      zh: `按错过策略“all”，最多补跑最新的 ${policy.maxCatchup} 次（maxCatchup），它不在其中。`,
    };
  return tick.disposition === "coalesced"
    ? {
        en:
          'By the misfire policy "latest" only the newest of the ticks missed within ' +
          `${maxAge.en} (maxAge) runs, for all of them.`,
        zh: `按错过策略“latest”，在 ${maxAge.zh}（maxAge）内错过的触发只运行最新的一次，代表全部。`,
      }
    : {
        en:
          'By the misfire policy "latest" only the newest of the missed ticks runs; ' +
          "this was an older one, and no run was made then that it could be part of.",
        zh: "按错过策略“latest”，只运行最新一次错过的触发；它并非最新，当时也没有可并入的运行。",
      };
}
