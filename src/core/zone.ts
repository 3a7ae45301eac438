import { BoundedMap } from "./bounded-map.ts";

const ZONE_LIMITS = {
  nameLengthMax: 64,
  /** Zones kept ready. A formatter takes about 50 µs to make, and some kilobytes. */
  keptMax: 256,
} as const;

/** An IANA time zone, made computable. */
export interface Zone {
  /** As the runtime spells it, so that `utc` and `UTC` share what is cached by name. */
  readonly name: string;
  /** Local time minus UTC at an instant, in milliseconds. About 4 µs; nothing for UTC. */
  readonly offsetMs: (atMs: number) => number;
}

const zones = new BoundedMap<string, Zone>(ZONE_LIMITS.keptMax);
/**
 * IANA names only: not every runtime knows offsets such as `+02:00`, and they have no summer time.
 */
const IANA_NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

const utcFormatter = formatterOf("UTC");

/** The zone of a name, or undefined when the runtime knows none. */
export function zoneOf(name: string): Zone | undefined {
  const kept = zones.get(name);
  if (kept !== undefined) return kept;
  const made = makeZone(name);
  if (made !== undefined) zones.set(name, made);
  return made;
}

/** The local wall time with its offset, such as `2026-03-29T03:00:00+02:00`. */
export function localText(zone: Zone, atMs: number): string {
  const offsetMs = zone.offsetMs(atMs);
  const { year, month, day, hour, minute, second } = partsOf(utcFormatter, atMs + offsetMs);
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const offset = `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}${offset}`;
}

/**
 * The instants in `(fromMs, untilMs]` at which the offset changes. Offsets are compared from day to
 * day, so two changes within a day that cancel out go unseen; no zone has had that.
 */
export function offsetChanges(zone: Zone, fromMs: number, untilMs: number): readonly number[] {
  const changes: number[] = [];
  for (let dayMs = fromMs; dayMs < untilMs; dayMs += 86_400_000) {
    const endMs = Math.min(dayMs + 86_400_000, untilMs);
    if (zone.offsetMs(dayMs) !== zone.offsetMs(endMs)) changes.push(changeIn(zone, dayMs, endMs));
  }
  return changes;
}

/** Halves the stretch until the change is known to the millisecond. */
function changeIn(zone: Zone, fromMs: number, untilMs: number): number {
  const before = zone.offsetMs(fromMs);
  let [low, high] = [fromMs, untilMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offsetMs(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function makeZone(name: string): Zone | undefined {
  if (name.length > ZONE_LIMITS.nameLengthMax || !IANA_NAME.test(name)) return undefined;
  try {
    const formatter = formatterOf(name);
    const known = formatter.resolvedOptions().timeZone;
    if (known === "UTC" || known === "Etc/UTC") return { name: "UTC", offsetMs: () => 0 };
    return { name: known, offsetMs: (atMs) => offsetAt(formatter, atMs) };
  } catch {
    return undefined; // Intl throws a RangeError for a zone that it does not know.
  }
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
}

function offsetAt(formatter: Intl.DateTimeFormat, atMs: number): number {
  const wholeMs = Math.floor(atMs / 1_000) * 1_000;
  const { year, month, day, hour, minute, second } = partsOf(formatter, wholeMs);
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeMs;
}

type PartName = "year" | "month" | "day" | "hour" | "minute" | "second";

function partsOf(formatter: Intl.DateTimeFormat, atMs: number): Record<PartName, number> {
  const found = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of formatter.formatToParts(atMs))
    if (isPartName(type)) found[type] = Number(value);
  return found;
}

function isPartName(type: string): type is PartName {
  return (
    type === "year" ||
    type === "month" ||
    type === "day" ||
    type === "hour" ||
    type === "minute" ||
    type === "second"
  );
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
