const MINUTE_MS = 60_000;

/**
 * The instant, as RFC 3339, of a wall time of an input such as `2027-01-01T08:30` in a zone; null for an empty one.
 * A wall time that the clocks skip is the instant as long after the change; of one that comes twice it is the first.
 */
export function instantOfLocal(local: string, zone: string): string | null {
  const wallMs = Date.parse(`${local}Z`);
  if (local === "" || Number.isNaN(wallMs)) return null;
  const offsets = [wallMs - 86_400_000, wallMs + 86_400_000].map((ms) => offsetMs(ms, zone));
  const found = offsets
    .map((offset) => wallMs - offset)
    .filter((ms) => ms + offsetMs(ms, zone) === wallMs)
    .toSorted((a, b) => a - b);
  const ms = found[0] ?? wallMs - (offsets[0] ?? 0);
  return new Date(ms).toISOString();
}

/** The wall time of an instant in a zone, as an input of date and time has it. */
export function localOfInstant(at: string, zone: string): string {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return "";
  return new Date(ms + offsetMs(ms, zone)).toISOString().slice(0, 19);
}

function offsetMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  }).formatToParts(new Date(ms));
  const at = (type: string): number =>
    Number(parts.find((part) => part.type === type)?.value ?? "0");
  const wall = Date.UTC(at("year"), at("month") - 1, at("day"), at("hour"), at("minute"));
  return wall - Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
