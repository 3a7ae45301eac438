import type { Evidence, ExplainInput, Explanation } from "./explain.ts";
import { pauseWords } from "./explain-missed.ts";
import { calendarOfSchedule, fireAtMs, isClosed } from "./schedule.ts";
import type { Words } from "./schedule-words.ts";
import { sentences, spanWords, utcText, whenText } from "./time-words.ts";

/** What is told of a tick that nothing has become of: it is to come, or not decided, or nobody's. */
export function explainPending(input: ExplainInput): Explanation {
  const { job, nominalMs, nowMs, cursorMs } = input;
  if (nominalMs <= job.createdMs) return none(input, youngJob(input));
  if (job.state === "ended") return none(input, endedJob(input));
  if (nominalMs <= cursorMs) return none(input, youngSchedule(input));
  if (isInPause(input)) return pending(input, inPause(input));
  return nominalMs > nowMs ? toCome(input) : pending(input, undecided(input));
}

function pending(input: ExplainInput, words: Words): Explanation {
  const evidence = evidenceOf(input);
  return { disposition: "pending", reason: null, words, evidence, startsMs: null };
}

function none(input: ExplainInput, words: Words): Explanation {
  const evidence = evidenceOf(input);
  return { disposition: "none", reason: null, words, evidence, startsMs: null };
}

function isInPause({ job, nominalMs }: ExplainInput): boolean {
  if (job.pause === null) return false;
  const { untilMs } = job.pause;
  return untilMs === null || nominalMs <= untilMs;
}

function toCome(input: ExplainInput): Explanation {
  const { compiled, job, nominalMs, zone } = input;
  const when = whenText(zone, nominalMs);
  if (isClosed(compiled.schedule, nominalMs)) return pending(input, closedAhead(input));
  const startsMs = fireAtMs(compiled.schedule, job.id, nominalMs);
  const jitter = spanWords(startsMs - nominalMs);
  const start = whenText(zone, startsMs);
  const words =
    startsMs === nominalMs
      ? { en: `The tick of ${when} is still to come.`, zh: `${when} 的触发尚未到来。` }
      : {
          en:
            `The tick of ${when} is still to come; its run is to start at ${start}, ` +
            `${jitter.en} later, because of the jitter.`,
          zh: `${when} 的触发尚未到来；因抖动，其运行将推迟 ${jitter.zh}，于 ${start} 开始。`,
        };
  return { ...pending(input, words), startsMs };
}

function closedAhead({ compiled, dayName, nominalMs, zone }: ExplainInput): Words {
  const when = whenText(zone, nominalMs);
  const name = calendarOfSchedule(compiled.schedule)?.name ?? "";
  const named =
    dayName === null ? { en: "", zh: "" } : { en: ` (${dayName})`, zh: `（${dayName}）` };
  return {
    en:
      `The tick of ${when} is still to come, and will be skipped: the calendar "${name}" has ` +
      `that day closed${named.en}.`,
    zh: `${when} 的触发尚未到来，且将被跳过：日历“${name}”在该日${named.zh}不开放。`,
  };
}

function inPause({ job, nominalMs, nowMs, zone }: ExplainInput): Words {
  const { pause } = job;
  const when = whenText(zone, nominalMs);
  const isPast = nominalMs <= nowMs;
  return sentences([
    {
      en: `The tick of ${when} is ${isPast ? "not decided yet" : "still to come"}.`,
      zh: `${when} 的触发${isPast ? "尚未决定" : "尚未到来"}。`,
    },
    pause === null ? null : pauseWords({ zone }, pause),
    {
      en: "Ticks that fall into the pause count as missed when it ends, and the misfire policy decides on them.",
      zh: "落在暂停期间的触发在暂停结束时视为错过，由错过策略决定。",
    },
  ]);
}

function undecided({ nominalMs, nowMs, zone }: ExplainInput): Words {
  const when = whenText(zone, nominalMs);
  const ago = spanWords(nowMs - nominalMs);
  return {
    en:
      `The tick of ${when} is not decided yet, ${ago.en} after its time. Every tick is decided ` +
      "within 5 s while the scheduler has room, after its jitter.",
    zh: `${when} 的触发尚未决定，距其时间已过 ${ago.zh}。调度器有余力时，每次触发在抖动之后 5 秒内决定。`,
  };
}

function youngJob({ job, nominalMs, zone }: ExplainInput): Words {
  const [when, made] = [whenText(zone, nominalMs), whenText(zone, job.createdMs)];
  return {
    en: `The schedule names ${when}, but the job was made later, at ${made}: it had no tick then.`,
    zh: `计划包含 ${when}，但任务创建于其后的 ${made}：当时没有触发。`,
  };
}

function youngSchedule({ job, nominalMs, zone }: ExplainInput): Words {
  const [when, changed] = [whenText(zone, nominalMs), whenText(zone, job.updatedMs)];
  return {
    en:
      `The schedule of today names ${when}, but the ledger holds no tick of that time: the ` +
      `version of the job that was then in force had none. The job last changed at ${changed}; ` +
      "ticks up to a change belong to the version before it.",
    zh: `当前计划包含 ${when}，但台账中没有该时间的触发：当时生效的任务版本没有此触发。任务最近一次变更于 ${changed}；变更之前的触发属于旧版本。`,
  };
}

function endedJob({ job, nominalMs, zone }: ExplainInput): Words {
  const [when, ended] = [whenText(zone, nominalMs), whenText(zone, job.updatedMs)];
  return {
    en: `The schedule names ${when}, but the job has ended, at ${ended}: it fires no more.`,
    zh: `计划包含 ${when}，但任务已于 ${ended} 结束，不再触发。`,
  };
}

function evidenceOf({ job, cursorMs, nowMs }: ExplainInput): readonly Evidence[] {
  const { pause } = job;
  const facts: Evidence[] = [
    { what: "jobVersion", value: job.version },
    { what: "jobState", value: job.state },
    { what: "jobCreatedAt", value: utcText(job.createdMs) },
    { what: "jobChangedAt", value: utcText(job.updatedMs) },
    { what: "decidedUpTo", value: utcText(cursorMs) },
    { what: "now", value: utcText(nowMs) },
  ];
  if (pause === null) return facts;
  const until = pause.untilMs === null ? null : utcText(pause.untilMs);
  const value = { since: utcText(pause.sinceMs), until, reason: pause.reason };
  return [...facts, { what: "pause", value }];
}
