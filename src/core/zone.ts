import { BoundedMap } from "./bounded-map.ts";
import { localFields, offsetReader, zoneName } from "./zone-offsets.ts";
import { StretchTable, type Stretch } from "./zone-stretches.ts";

const ZONE_LIMITS = {
  nameLengthMax: 64,
  /** Zones kept ready, more than there are; each weighs some kilobytes. */
  keptMax: 1_024,
} as const;

/** An IANA time zone, made computable. Both questions cost some nanoseconds once they are warm. */
export interface Zone {
  /** As the runtime spells it, so that `utc` and `UTC` share what is cached by name. */
  readonly name: string;
  /** Local time minus UTC at an instant, in milliseconds; always whole seconds. */
  readonly offsetMs: (atMs: number) => number;
  /** The stretch of constant offset around an instant. */
  readonly stretchAt: (atMs: number) => Stretch;
}

const zones = new BoundedMap<string, Zone>(ZONE_LIMITS.keptMax);
/**
 * IANA names only: not every runtime knows offsets such as `+02:00`, and they have no summer time.
 */
const IANA_NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

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
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const offset = `${offsetMs < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  return `${wallText(atMs + offsetMs)}${offset}`;
}

/**
 * A wall time without an offset, such as `2026-03-29T02:30:00`. It is given as the instant at which
 * UTC shows it; there may be no other.
 */
export function wallText(wallMs: number): string {
  const { year, month, day, hour, minute, second } = localFields(wallMs);
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}`;
}

function makeZone(name: string): Zone | undefined {
  if (name.length > ZONE_LIMITS.nameLengthMax || !IANA_NAME.test(name)) return undefined;
  const known = zoneName(name);
  if (known === undefined) return undefined;
  const isUtc = known === "UTC" || known === "Etc/UTC";
  const table = new StretchTable(() => (isUtc ? () => 0 : offsetReader(known)));
  return {
    name: isUtc ? "UTC" : known,
    offsetMs: (atMs) => table.at(atMs).offsetMs,
    stretchAt: (atMs) => table.at(atMs),
  };
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
