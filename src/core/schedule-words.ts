import cronstrue from "cronstrue";
// oxlint-disable-next-line import/no-unassigned-import -- The locale registers itself.
import "cronstrue/locales/zh_CN.js";
import { unreachable } from "./assert.ts";
import { readCron } from "./cron-dialect.ts";
import { durationMs } from "./duration.ts";
import type { ScheduleSpec } from "./job.ts";

/** One thing said in the languages of the dashboard. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** Says a schedule in words, for people; it never refuses, and what it cannot say it quotes. */
export function describeSchedule(spec: ScheduleSpec): Words {
  switch (spec.kind) {
    case "cron":
      return {
        en: cronWords(spec, "en") ?? `Cron pattern "${spec.cron}"`,
        zh: cronWords(spec, "zh_CN") ?? `Cron 表达式“${spec.cron}”`,
      };
    case "every":
      return everyWords(spec.every);
    case "after":
      return { en: `${spec.delay} after each run`, zh: `每次运行结束 ${spec.delay} 后` };
    case "at":
      return { en: `Once, at ${spec.at}`, zh: `一次，于 ${spec.at}` };
    case "manual":
      return { en: "Only when it is started by hand", zh: "仅手动触发" };
    default:
      return unreachable(spec);
  }
}

type CronSpec = Extract<ScheduleSpec, { readonly kind: "cron" }>;

/** Undefined where cronstrue has no words: it throws for "+", for one. */
function cronWords({ cron, dialect }: CronSpec, locale: "en" | "zh_CN"): string | undefined {
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

const UNITS = [
  { ms: 86_400_000, en: "day", zh: "天" },
  { ms: 3_600_000, en: "hour", zh: "小时" },
  { ms: 60_000, en: "minute", zh: "分钟" },
  { ms: 1_000, en: "second", zh: "秒" },
  { ms: 1, en: "millisecond", zh: "毫秒" },
] as const;

function everyWords(every: string): Words {
  const ms = durationMs(every);
  const unit = UNITS.find((candidate) => ms !== undefined && ms % candidate.ms === 0);
  if (ms === undefined || unit === undefined) return { en: `Every ${every}`, zh: `每 ${every}` };
  const count = ms / unit.ms;
  return {
    en: count === 1 ? `Every ${unit.en}` : `Every ${count} ${unit.en}s`,
    zh: `每 ${count} ${unit.zh}`,
  };
}
