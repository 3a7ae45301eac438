import { unreachable } from "./assert.ts";
import type { Evidence, ExplainInput, Explanation } from "./explain.ts";
import { explainMissed, explainPaused } from "./explain-missed.ts";
import { explainCrowded } from "./explain-crowded.ts";
import type { Json } from "./json.ts";
import { isTickAt } from "./tick-at.ts";
import type { Words } from "./schedule-words.ts";
import type { Tick, TickEvidence } from "./tick.ts";
import { sentences, spanWords, utcText, whenText } from "./time-words.ts";

/** What is told of a tick that has no run of its own: which rule decided, and on what it rested. */
export function explainUnfired(input: ExplainInput, tick: Tick): Explanation {
  return {
    disposition: tick.disposition,
    reason: tick.reason,
    words: sentences([
      head(input, tick),
      why(input, tick),
      others(input, tick),
      formerly(input, tick),
    ]),
    evidence: evidenceOf(input, tick),
    startsMs: null,
  };
}

function head({ zone, nominalMs }: ExplainInput, tick: Tick): Words {
  const when = whenText(zone, nominalMs);
  const decided = whenText(zone, tick.plannedMs);
  const late = spanWords(Math.max(0, tick.plannedMs - nominalMs));
  const isLate = tick.plannedMs - nominalMs >= 1_000;
  const [en, zh] = HEADS[tick.disposition];
  return {
    en:
      `The tick of ${when} ${en}. That was decided at ` +
      `${decided}${isLate ? `, ${late.en} after its time` : ""}.`,
    zh: `${when} 的触发${zh}。该决定作于 ${decided}${isLate ? `，晚了 ${late.zh}` : ""}。`,
  };
}

const HEADS = {
  coalesced: [
    "did not run by itself: another tick ran for it",
    "没有单独运行：由另一次触发代为运行",
  ],
  skipped: ["was skipped", "被跳过"],
  dropped: ["was dropped", "被丢弃"],
} as const;

function why(input: ExplainInput, tick: Tick): Words | null {
  if (tick.disposition === "coalesced") return coalesced(input, tick);
  switch (tick.reason) {
    case "overlap":
    case "limit":
      return explainCrowded(tick);
    case "paused":
      return explainPaused(input, tick);
    case "misfire":
      return explainMissed(input, tick);
    case "calendar":
      return closedDay(input, tick);
    case "ended":
      return {
        en: "The job had been ended or deleted before the tick was handled.",
        zh: "在处理该触发之前，任务已结束或被删除。",
      };
    case null:
      return null;
    default:
      return unreachable(tick.reason);
  }
}

function coalesced(input: ExplainInput, tick: Tick): Words {
  const { zone, intoRun } = input;
  const into = tick.intoMs === null ? "" : whenText(zone, tick.intoMs);
  const by =
    intoRun === null ? { en: "", zh: "" } : { en: `, run ${intoRun}`, zh: `（运行 ${intoRun}）` };
  const which = {
    en: `The tick that ran for it is that of ${into}${by.en}.`,
    zh: `代为运行的是 ${into} 的触发${by.zh}。`,
  };
  const cause =
    tick.evidence?.overlap === "cancel_other"
      ? {
          en:
            'Several ticks were due at once, and by the overlap policy "cancel_other" only the ' +
            "newest of them runs.",
          zh: "多次触发同时到期，按重叠策略“cancel_other”，只运行其中最新的一次。",
        }
      : explainMissed(input, tick);
  return sentences([which, cause]);
}

function closedDay({ dayName, nominalMs, zone }: ExplainInput, tick: Tick): Words {
  const calendar = tick.evidence?.calendar;
  const day = whenText(zone, nominalMs).slice(0, 10);
  const named =
    dayName === null ? { en: "", zh: "" } : { en: ` (${dayName})`, zh: `（${dayName}）` };
  if (calendar === undefined)
    return { en: `The calendar of the job had ${day} closed.`, zh: `任务的日历在 ${day} 不开放。` };
  const { name, version } = calendar;
  return {
    en: `The calendar "${name}", at version ${version}, has ${day} closed${named.en}.`,
    zh: `日历“${name}”（版本 ${version}）在 ${day}${named.zh || " "}不开放。`,
  };
}

function others(input: ExplainInput, tick: Tick): Words | null {
  if (tick.count <= 1) return null;
  const range = rangeWords(input, tick);
  const { schedule } = input.compiled;
  const at = input.nominalMs;
  const isEdge = at === tick.nominalMs || at === tick.toMs;
  if (isEdge || isTickAt(schedule, at)) return range;
  return sentences([
    range,
    {
      en: "Whether the schedule of that time named this very instant is not known any more.",
      zh: "当时的计划是否恰好包含这一时刻，已无从得知。",
    },
  ]);
}

function rangeWords({ zone }: ExplainInput, { nominalMs, toMs, count }: Tick): Words {
  const [from, to] = [whenText(zone, nominalMs), whenText(zone, toMs)];
  return {
    en: `It is one of ${count} ticks with this fate, from ${from} to ${to}: ${count - 1} more.`,
    zh: `从 ${from} 到 ${to} 共有 ${count} 次触发结局相同，此为其中之一，另有 ${count - 1} 次。`,
  };
}

/** The policy that is shown beside the words is today's; it is said when the tick met another. */
function formerly({ job }: ExplainInput, { evidence }: Tick): Words | null {
  if (evidence === null)
    return {
      en: "What bore on the decision was not kept at that time.",
      zh: "当时未保存决定的依据。",
    };
  if (evidence.jobVersion === job.version) return null;
  return {
    en:
      `It belonged to version ${evidence.jobVersion} of the job; the job is at version ` +
      `${job.version} now.`,
    zh: `它属于任务的版本 ${evidence.jobVersion}；任务当前为版本 ${job.version}。`,
  };
}

function evidenceOf({ intoRun, dayName }: ExplainInput, tick: Tick): readonly Evidence[] {
  const { evidence, nominalMs, plannedMs, intoMs, toMs, count } = tick;
  const facts: Evidence[] = [
    { what: "decidedAt", value: utcText(plannedMs) },
    { what: "lateMs", value: plannedMs - nominalMs },
  ];
  if (count > 1)
    facts.push({ what: "range", value: { from: utcText(nominalMs), to: utcText(toMs), count } });
  if (intoMs !== null) facts.push({ what: "into", value: utcText(intoMs) });
  if (intoRun !== null) facts.push({ what: "intoRun", value: intoRun });
  if (evidence !== null) facts.push(...keptFacts(evidence));
  if (tick.reason === "calendar" && dayName !== null) facts.push({ what: "day", value: dayName });
  return facts;
}

function keptFacts({ pause, ...rest }: TickEvidence): readonly Evidence[] {
  const facts = Object.entries(rest).map(([what, value]): Evidence => ({
    what,
    value: jsonOf(value),
  }));
  if (pause === undefined) return facts;
  const value = {
    since: utcText(pause.sinceMs),
    until: pause.untilMs === null ? null : utcText(pause.untilMs),
    reason: pause.reason,
  };
  return [...facts, { what: "pause", value }];
}

type Fact = Exclude<TickEvidence[Exclude<keyof TickEvidence, "pause">], undefined>;

/** Interfaces have no index signature, so an object is spread into one that has. */
function jsonOf(fact: Fact): Json {
  return typeof fact === "object" ? { ...fact } : fact;
}
