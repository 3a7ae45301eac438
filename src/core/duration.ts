/** A duration as people write it: `"500ms" | "30s" | "5m" | "2h" | "1d"`, or ISO 8601 such as `"PT1M30S"`. */
export type DurationText = string;

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SHORT_DIGITS_MAX = 15;
/** ISO 8601 without years and months, whose lengths vary, and with weeks only alone. */
const ISO =
  /^P(?:(\d{1,9})W|(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,3})?)S)?)?)$/;

/** Weeks, days, hours, minutes, seconds: in the order in which `ISO` captures them. */
const ISO_UNITS_MS: readonly number[] = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000];

/** Milliseconds, or undefined when the text is no duration or too long to count exactly. */
export function durationMs(text: DurationText): number | undefined {
  const digits = countDigits(text);
  if (digits > 0) return shortMs(text, digits);
  const iso = ISO.exec(text);
  if (iso === null || text === "P") return undefined;
  const parts = iso.slice(1).map((part) => Number(part ?? 0));
  const total = parts.reduce((sum, part, i) => sum + part * (ISO_UNITS_MS[i] ?? 0), 0);
  return exact(Math.round(total));
}

/** The shortest text in one unit: 90000 is `"90s"`, 120000 is `"2m"`. */
export function durationText(ms: number): DurationText {
  const unit = ["d", "h", "m", "s"].find((name) => ms !== 0 && ms % (UNITS_MS[name] ?? 1) === 0);
  return unit === undefined ? `${ms}ms` : `${ms / (UNITS_MS[unit] ?? 1)}${unit}`;
}

/** A compiled job has six of these, so the usual form is read without a regular expression. */
function shortMs(text: string, digits: number): number | undefined {
  const unit = text.slice(digits);
  const unitMs = Object.hasOwn(UNITS_MS, unit) ? UNITS_MS[unit] : undefined;
  if (unitMs === undefined || digits > SHORT_DIGITS_MAX) return undefined;
  return exact(Number(text.slice(0, digits)) * unitMs);
}

function countDigits(text: string): number {
  let digits = 0;
  while (digits < text.length && (text.charCodeAt(digits) - 48) >>> 0 <= 9) digits++;
  return digits;
}

function exact(ms: number): number | undefined {
  return Number.isSafeInteger(ms) ? ms : undefined;
}
