import cronstrue from "cronstrue";
// oxlint-disable-next-line import/no-unassigned-import -- The locale registers itself.
import "cronstrue/locales/zh_CN.js";
import { unreachable } from "./assert.ts";
import { readCron } from "./cron-dialect.ts";
import { durationMs, type DurationText } from "./duration.ts";
import type { CalendarUse, ScheduleBounds, ScheduleSpec } from "./job.ts";

/** One thing said in the languages of the dashboard. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** Says a schedule in words, for people; it never refuses, and what it cannot say it quotes. */
export function describeSchedule(spec: ScheduleSpec): Words {
  switch (spec.kind) {
    case "cron":
      return joined([
        cronWords(spec),
        zoneWords(spec.timezone),
        ...boundsWords(spec),
        jitterWords(spec.jitter),
        calendarWords(spec.calendar),
      ]);
    case "every":
      return joined([
        everyWords(spec.every),
        ...boundsWords(spec),
        jitterWords(spec.jitter),
        calendarWords(spec.calendar),
        spec.calendar === null ? null : zoneWords(spec.timezone),
      ]);
    case "after": {
      const delay = lengthWords(spec.delay);
      const words = { en: `${delay.en} after each run ends`, zh: `每次运行结束 ${delay.zh}后` };
      return joined([words, ...boundsWords(spec)]);
    }
    case "at":
      return { en: `Once, at ${spec.at}`, zh: `一次，于 ${spec.at}` };
    case "manual":
      return { en: "Only when it is started by hand", zh: "仅手动触发" };
    default:
      return unreachable(spec);
  }
}

/** What is not there says nothing; a clause brings its own mark before it. */
function joined(clauses: readonly (Words | null)[]): Words {
  const said = clauses.filter((clause) => clause !== null);
  return { en: said.map(({ en }) => en).join(""), zh: said.map(({ zh }) => zh).join("") };
}

type CronSpec = Extract<ScheduleSpec, { readonly kind: "cron" }>;

function cronWords(spec: CronSpec): Words {
  return {
    en: cronText(spec, "en") ?? `Cron pattern "${spec.cron}"`,
    zh: cronText(spec, "zh_CN") ?? `Cron 表达式“${spec.cron}”`,
  };
}

/** Undefined where cronstrue has no words: it throws for "+", for one. */
function cronText({ cron, dialect }: CronSpec, locale: "en" | "zh_CN"): string | undefined {
  const reading = readCron(cron, dialect);
  try {
    return cronstrue.toString(cron, {
      locale,
      use24HourTimeFormat: true,
      // Quartz counts weekdays from 1; without this the words would name the day before.
      dayOfWeekStartIndexZero: dialect === "standard",
      logicalAndDayFields: reading.ok && reading.isBothDays,
    });
  } catch {
    return undefined;
  }
}

/** UTC is what goes without saying. */
function zoneWords(timezone: string): Words | null {
  if (timezone === "UTC") return null;
  return { en: ` (time of ${timezone})`, zh: `（${timezone} 时间）` };
}

function boundsWords({ startAt, endAt, ticksMax }: ScheduleBounds): readonly (Words | null)[] {
  return [
    startAt === null ? null : { en: `, from ${startAt}`, zh: `，自 ${startAt} 起` },
    endAt === null ? null : { en: `, until ${endAt}`, zh: `，至 ${endAt} 止` },
    ticksMax === null ? null : timesWords(ticksMax),
  ];
}

function timesWords(ticksMax: number): Words {
  const times = ticksMax === 1 ? "once" : `${ticksMax} times`;
  return { en: `, at most ${times}`, zh: `，最多 ${ticksMax} 次` };
}

function jitterWords(jitter: DurationText): Words | null {
  if (durationMs(jitter) === 0) return null;
  const { en, zh } = lengthWords(jitter);
  return { en: `, each up to ${en} later`, zh: `，每次最多延后 ${zh}` };
}

function calendarWords(use: CalendarUse | null): Words | null {
  if (use === null) return null;
  const { name, roll } = use;
  if (roll === "skip")
    return {
      en: `; not on days that the calendar "${name}" closes`,
      zh: `；日历“${name}”的关闭日跳过`,
    };
  const [en, zh] = roll === "previous" ? ["before", "提前到前"] : ["after", "推迟到后"];
  return {
    en: `; from days that the calendar "${name}" closes it moves to the open day ${en}`,
    zh: `；遇日历“${name}”的关闭日，${zh}一个开放日`,
  };
}

const UNITS = [
  { ms: 86_400_000, en: "day", zh: "天" },
  { ms: 3_600_000, en: "hour", zh: "小时" },
  { ms: 60_000, en: "minute", zh: "分钟" },
  { ms: 1_000, en: "second", zh: "秒" },
  { ms: 1, en: "millisecond", zh: "毫秒" },
] as const;

function everyWords(every: DurationText): Words {
  const { en, zh } = lengthWords(every);
  return { en: `Every ${en.replace(/^1 /, "")}`, zh: `每 ${zh}` };
}

/** A duration in its largest whole unit: `90 seconds`. */
function lengthWords(text: DurationText): Words {
  const ms = durationMs(text);
  const unit = UNITS.find((candidate) => ms !== undefined && ms % candidate.ms === 0);
  if (ms === undefined || unit === undefined) return { en: text, zh: text };
  const count = ms / unit.ms;
  return { en: `${count} ${unit.en}${count === 1 ? "" : "s"}`, zh: `${count} ${unit.zh}` };
}
