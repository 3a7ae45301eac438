import { Cron, CronPattern } from "croner";
import { BoundedMap } from "./bounded-map.ts";
import { readCron, toDialect, type CronDialect } from "./cron-dialect.ts";
import { DayTimes } from "./day-times.ts";
import { Refusal } from "./refusal.ts";
import { zoneOf, type Zone } from "./zone.ts";

const SECOND_MS = 1_000;
const DAY_SECONDS = 86_400;
/** Calculators kept ready. Each weighs some 80 KB, because croner lists every year of a pattern. */
const CALCULATORS_MAX = 64;

export interface CronSpec {
  readonly cron: string;
  readonly dialect: CronDialect;
  readonly timezone: string;
}

interface CalculatorOptions {
  readonly timezone: string;
  readonly alternativeWeekdays: boolean;
  readonly sloppyRanges: boolean;
  readonly fixedTimeRule: "single-value" | "no-wildcard";
  readonly domAndDow: boolean;
}

/**
 * A cron pattern made computable, in its dialect and zone; throws `Refusal("schedule.invalid")`.
 *
 * Fixed-time patterns, whose seconds, minutes and hours are values or lists, run at the first
 * instant after a gap and at the first of two equal local times. All others run at every real
 * match.
 */
export function compileCron(spec: CronSpec): CronTicks {
  const zone = zoneOf(spec.timezone);
  if (zone === undefined)
    throw invalid("timezone", {
      message: `${JSON.stringify(spec.timezone)} is no time zone known here.`,
      hint: 'Use an IANA name such as "Europe/Stockholm", or "UTC".',
    });
  const parsed = parse(spec, zone);
  if (parsed.ok) return new CronTicks(parsed, zone);
  throw invalid("cron", {
    message: `${JSON.stringify(spec.cron)} ${parsed.message}.`,
    hint: hintFor(spec, zone, parsed.hint),
  });
}

interface Parsed {
  readonly ok: true;
  readonly pattern: string;
  readonly options: CalculatorOptions;
  readonly parts: CronPattern;
}

type Parsing = Parsed | { readonly ok: false; readonly message: string; readonly hint: string };

function parse({ cron, dialect }: CronSpec, zone: Zone): Parsing {
  const reading = readCron(cron, dialect);
  if (!reading.ok) return reading;
  const isQuartz = dialect === "quartz";
  const options: CalculatorOptions = {
    timezone: zone.name,
    alternativeWeekdays: isQuartz,
    sloppyRanges: isQuartz,
    // "no-wildcard" counts ranges as fixed times, "single-value" does not count lists as such.
    fixedTimeRule: reading.hasTimeRange ? "single-value" : "no-wildcard",
    domAndDow: reading.isBothDays,
  };
  try {
    const parts = new CronPattern(reading.pattern, zone.name, options);
    return { ok: true, pattern: reading.pattern, options, parts };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: |\.+$/g, "") : "";
    return { ok: false, message: `is no ${dialect} pattern: ${reason}`, hint: "" };
  }
}

function hintFor(spec: CronSpec, zone: Zone, hint: string): string {
  const other: CronDialect = spec.dialect === "standard" ? "quartz" : "standard";
  if (hint === "" && parse({ ...spec, dialect: other }, zone).ok)
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

const calculators = new BoundedMap<string, Cron>(CALCULATORS_MAX);

/**
 * The ticks of one pattern in one zone, in whole seconds.
 *
 * The calculator takes 20 to 60 µs a tick, in batches as well. So it is asked only for the first
 * tick of a day: while the offset of the zone does not change, what follows on the same local day
 * is arithmetic. What was found last is kept, because the schedule of many jobs is asked for the
 * same instant again.
 */
export class CronTicks {
  readonly zone: Zone;
  readonly isFixedTime: boolean;
  readonly #pattern: string;
  readonly #options: CalculatorOptions;
  readonly #times: DayTimes;
  /** From a tick on, up to the end of its local day or hour: the offset is the same throughout. */
  #stretch = { fromMs: 0, untilMs: 0, offsetMs: 0 };
  /**
   * Nothing lies between `fromMs` and `tickMs`, which is infinite when the pattern fires no more.
   */
  #found = { fromMs: 0, tickMs: 0 };

  constructor({ pattern, options, parts }: Parsed, zone: Zone) {
    this.zone = zone;
    this.isFixedTime = parts.isFixedTime;
    this.#pattern = pattern;
    this.#options = options;
    this.#times = new DayTimes(parts);
  }

  /** The first tick strictly after an instant; null when there is none. */
  nextAfter(afterMs: number): number | null {
    const fromMs = wholeSecond(afterMs);
    const { fromMs: startMs, untilMs, offsetMs } = this.#stretch;
    if (fromMs < startMs || fromMs >= untilMs) return this.#find(fromMs);
    const midnightMs = fromMs + offsetMs - secondOfDay(fromMs + offsetMs) * SECOND_MS;
    const second = this.#times.firstFrom(secondOfDay(fromMs + offsetMs) + 1);
    const tickMs = midnightMs + (second ?? DAY_SECONDS) * SECOND_MS - offsetMs;
    return tickMs < untilMs ? tickMs : this.#find(untilMs - SECOND_MS);
  }

  /** How many ticks lie in `(afterMs, untilMs]`. The times of a day are counted, not listed. */
  count({ afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number }): number {
    let count = 0;
    let tick = this.nextAfter(afterMs);
    while (tick !== null && tick <= untilMs) {
      const { fromMs, untilMs: endMs, offsetMs } = this.#stretch;
      const isInside = tick >= fromMs && tick < endMs;
      const lastMs = isInside ? Math.min(endMs - SECOND_MS, wholeSecond(untilMs)) : tick;
      // The tick itself may be one that a gap has moved; those after it on its day are named.
      const later = [lastMs, tick].map((ms) =>
        this.#times.countBefore(secondOfDay(ms + offsetMs) + 1),
      );
      count += 1 + (isInside ? (later[0] ?? 0) - (later[1] ?? 0) : 0);
      tick = this.nextAfter(lastMs);
    }
    return count;
  }

  /**
   * The last tick strictly before an instant; null when there is none. Always asks the calculator.
   */
  lastBefore(beforeMs: number): number | null {
    const [found] = this.#calculator().previousRuns(1, new Date(Math.ceil(beforeMs / 1e3) * 1e3));
    return found?.getTime() ?? null;
  }

  /**
   * Whether the local time of a tick is one the pattern names: it is not when a gap moved the tick.
   */
  isNamed(tickMs: number): boolean {
    return this.#times.has(secondOfDay(tickMs + this.zone.offsetMs(tickMs)));
  }

  #find(fromMs: number): number | null {
    const { fromMs: knownMs, tickMs } = this.#found;
    if (fromMs >= knownMs && fromMs < tickMs) return Number.isFinite(tickMs) ? tickMs : null;
    const [found] = this.#calculator().nextRuns(1, new Date(fromMs));
    const foundMs = found?.getTime() ?? Number.POSITIVE_INFINITY;
    this.#found = { fromMs, tickMs: foundMs };
    if (found === undefined) return null;
    if (this.#times.count > 1) this.#openStretch(foundMs);
    return foundMs;
  }

  /**
   * A tick proves its day, even when a gap moved it. Within one offset, later times of that day are
   * then ticks as well: none of them is skipped, and none is the second of two equal ones.
   */
  #openStretch(tickMs: number): void {
    const offsetMs = this.zone.offsetMs(tickMs);
    const second = secondOfDay(tickMs + offsetMs);
    for (const width of [DAY_SECONDS, 3_600]) {
      const untilMs = tickMs + (width - (second % width)) * SECOND_MS;
      if (this.zone.offsetMs(untilMs - SECOND_MS) !== offsetMs) continue;
      this.#stretch = { fromMs: tickMs, untilMs, offsetMs };
      return;
    }
  }

  #calculator(): Cron {
    const { timezone, ...rules } = this.#options;
    const key = `${Object.values(rules).join(" ")} ${timezone} ${this.#pattern}`;
    const kept = calculators.get(key);
    const calculator = kept ?? new Cron(this.#pattern, { ...this.#options, paused: true });
    if (kept === undefined) calculators.set(key, calculator);
    return calculator;
  }
}

/**
 * croner reads whole seconds only; a tick is after an instant exactly when it is after its whole
 * second.
 */
function wholeSecond(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS;
}

function secondOfDay(localMs: number): number {
  const second = Math.floor(localMs / SECOND_MS) % DAY_SECONDS;
  return second < 0 ? second + DAY_SECONDS : second;
}
