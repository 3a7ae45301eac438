import { BoundedMap } from "./bounded-map.ts";
import { CivilDays } from "./civil-days.ts";
import { readFlags } from "./cron-calculator.ts";
import { readCron, toDialect, type CronDialect } from "./cron-dialect.ts";
import { CronTicks, type CronPattern } from "./cron-ticks.ts";
import { DayTimes } from "./day-times.ts";
import type { DstRule } from "./job.ts";
import { monthDays } from "./month-days.ts";
import { Refusal } from "./refusal.ts";
import { WallTimes } from "./wall-times.ts";
import { zoneOf } from "./zone.ts";

/** Patterns kept ready, of about a kilobyte each. To read one takes some 20 µs. */
const PATTERNS_MAX = 4_096;

export interface CronSpec {
  readonly cron: string;
  readonly dialect: CronDialect;
  readonly timezone: string;
  readonly dst: DstRule;
}

/**
 * A cron pattern made computable, in its dialect and zone and under its rule for changes of the
 * clocks; throws `Refusal("schedule.invalid")`.
 */
export function compileCron(spec: CronSpec): CronTicks {
  const zone = zoneOf(spec.timezone);
  if (zone === undefined)
    throw invalid("timezone", {
      message: `${JSON.stringify(spec.timezone)} is no time zone known here.`,
      hint: 'Use an IANA name such as "Europe/Stockholm", or "UTC".',
    });
  const parsed = parse(spec.cron, spec.dialect);
  if (parsed.ok) return new CronTicks(parsed.pattern, zone, spec.dst);
  throw invalid("cron", {
    message: `${JSON.stringify(spec.cron)} ${parsed.message}.`,
    hint: hintFor(spec, parsed.hint),
  });
}

interface Parsed {
  readonly ok: true;
  readonly pattern: CronPattern;
}

type Parsing = Parsed | { readonly ok: false; readonly message: string; readonly hint: string };

const kept = new BoundedMap<string, Parsed>(PATTERNS_MAX);

function parse(cron: string, dialect: CronDialect): Parsing {
  const key = `${dialect} ${cron}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const parsed = parseAnew(cron, dialect);
  if (parsed.ok) kept.set(key, parsed);
  return parsed;
}

function parseAnew(cron: string, dialect: CronDialect): Parsing {
  const reading = readCron(cron, dialect);
  if (!reading.ok) return reading;
  const { pattern, hasTimeRange, isBothDays, rewrites } = reading;
  const isQuartz = dialect === "quartz";
  try {
    const flags = readFlags(pattern, { isQuartz, hasTimeRange });
    const fields = { ...dayFieldsOf(pattern), isQuartz, isBothDays };
    const days = new CivilDays(monthDays(fields), flags);
    const walls = new WallTimes(days, new DayTimes(flags));
    return { ok: true, pattern: { walls, isFixedTime: flags.isFixedTime, rewrites } };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: |\.+$/g, "") : "";
    return { ok: false, message: `is no ${dialect} pattern: ${reason}`, hint: "" };
  }
}

function dayFieldsOf(pattern: string): { readonly dayOfMonth: string; readonly dayOfWeek: string } {
  const texts = pattern.split(" ");
  const dayAt = texts.length === 5 ? 2 : 3;
  return { dayOfMonth: texts[dayAt] ?? "*", dayOfWeek: texts[dayAt + 2] ?? "*" };
}

function hintFor(spec: CronSpec, hint: string): string {
  const other: CronDialect = spec.dialect === "standard" ? "quartz" : "standard";
  if (hint === "" && parse(spec.cron, other).ok)
    return other === "quartz"
      ? `${JSON.stringify(spec.cron)} looks like Quartz: set schedule.dialect to "quartz"`
      : toDialect("standard");
  if (hint !== "") return hint;
  return /(^|[ ,])\d+\/\d/.test(spec.cron)
    ? 'Write a step as "*/5", or with its range as "10-59/5".'
    : "Fields: [second] minute hour day-of-month month day-of-week [year].";
}

function invalid(
  member: "cron" | "timezone",
  { message, hint }: { readonly message: string; readonly hint: string },
): Refusal {
  const errors = [{ pointer: `/schedule/${member}`, message }];
  return new Refusal("schedule.invalid", message, { hint, errors });
}
