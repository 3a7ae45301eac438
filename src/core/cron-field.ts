/** A part of a pattern that was understood as another one, which means the same. */
export interface CronRewrite {
  readonly from: string;
  readonly to: string;
  /** A sentence. */
  readonly reason: string;
}

/** One field of a pattern in the form that the calculator takes. */
export interface ReadField {
  readonly pattern: string;
  /** It holds a range of more than one value. */
  readonly hasRange: boolean;
  readonly rewrites: readonly FieldRewrite[];
}

interface FieldRewrite extends CronRewrite {
  /** The range ran past the end of its field, which not every dialect has. */
  readonly isWrapped: boolean;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of the values from `min` up. */
  readonly names: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN"].concat(
  ["JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], // Two rows, for the width of a line.
);
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const DAY_OF_WEEK_AT = 5;
const YEAR_AT = 6;
const FIELDS: readonly Field[] = [
  { name: "seconds", min: 0, max: 59, names: [] },
  { name: "minutes", min: 0, max: 59, names: [] },
  { name: "hours", min: 0, max: 23, names: [] },
  { name: "days of the month", min: 1, max: 31, names: [] },
  { name: "months", min: 1, max: 12, names: MONTHS },
];
const DAYS_OF_WEEK: Readonly<Record<"standard" | "quartz", Field>> = {
  standard: { name: "days of the week", min: 0, max: 6, names: DAYS },
  quartz: { name: "days of the week", min: 1, max: 7, names: DAYS },
};
const RANGE = /^([0-9]{1,2}|[A-Za-z]{3})-([0-9]{1,2}|[A-Za-z]{3})(?:\/([0-9]{1,2}))?$/;

/**
 * Reads one field, 0 for seconds to 6 for years. Three things are put in other words: ranges that
 * run past the end (`22-4` in hours is `22-23,0-4`), the lone `L` of Quartz among weekdays, which is
 * its seventh day, and steps through all years, which are counted from 1970.
 */
export function readField(text: string, dialect: "standard" | "quartz", at: number): ReadField {
  const items = text.split(",");
  const rewrites = items.flatMap((item) => rewriteOf(item, dialect, at) ?? []);
  const pattern = items.map((item) => rewrites.find(({ from }) => from === item)?.to ?? item);
  return { pattern: pattern.join(","), hasRange: items.some(isRange), rewrites };
}

function isRange(item: string): boolean {
  const match = RANGE.exec(item);
  return match !== null && Number(match[1]) !== Number(match[2]);
}

function rewriteOf(
  item: string,
  dialect: "standard" | "quartz",
  at: number,
): FieldRewrite | undefined {
  if (at === YEAR_AT) return yearStep(item, dialect);
  const field = at === DAY_OF_WEEK_AT ? DAYS_OF_WEEK[dialect] : FIELDS[at];
  if (field === undefined) return undefined;
  if (at === DAY_OF_WEEK_AT && dialect === "quartz" && item.toUpperCase() === "L") {
    const reason = "A lone L is the last day of the week, which is Saturday in Quartz.";
    return { from: item, to: "SAT", reason, isWrapped: false };
  }
  const to = unwrapped(item, field);
  if (to === item) return undefined;
  const reason = `The range runs past the end of the ${field.name} and goes on from ${field.min}.`;
  return { from: item, to, reason, isWrapped: true };
}

/** The calculator would count the steps from the year 0, which no other reader of patterns does. */
function yearStep(item: string, dialect: "standard" | "quartz"): FieldRewrite | undefined {
  const [, all, step] = /^([*?]?)\/(\d+)$/.exec(item) ?? [];
  if (step === undefined || (all === "" && dialect === "standard")) return undefined;
  const reason = "Steps of years are counted from 1970.";
  return { from: item, to: `1970-9999/${step}`, reason, isWrapped: false };
}

/** `22-4` in an hour is `22-23,0-4`. */
function unwrapped(item: string, field: Field): string {
  const match = RANGE.exec(item);
  if (match === null) return item;
  const [, first = "", last = "", by = "1"] = match;
  const [from, to, step] = [valueOf(first, field), endOf(last, field), Number(by)];
  if (from === undefined || to === undefined || from <= to || step === 0) return item;
  return twoRanges(field, { from, to, step });
}

/** With a step, the second range starts where the first one would have gone on. */
function twoRanges(
  { min, max }: Field,
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
): string {
  const end = step === 1 ? "" : `/${step}`;
  const untilMax = max + 1 - from;
  const restFrom = min + Math.ceil(untilMax / step) * step - untilMax;
  const upper = `${from}-${max}${end}`;
  return restFrom > to ? upper : `${upper},${restFrom}-${to}${end}`;
}

/** In the standard dialect Sunday is 7 as well as 0, so `FRI-SUN` does not wrap around. */
function endOf(text: string, field: Field): number | undefined {
  return field.min === 0 && text.toUpperCase() === "SUN" ? 7 : valueOf(text, field);
}

function valueOf(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toUpperCase());
  if (named !== -1) return field.min + named;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}
