const DAY_MS = 86_400_000;

/** The wall time of an instant in a zone, as `datetime-local` inputs hold it: `2027-01-01T09:30`. */
export function inputOfInstant(at: string, zone: string): string {
  const ms = Date.parse(at);
  return Number.isNaN(ms) ? "" : new Date(wallMs(ms, zone)).toISOString().slice(0, 16);
}

/** The instant of such a wall time; empty for none. Of a time that occurs twice it is the earlier one. */
export function instantOfInput(text: string, zone: string): string {
  const wall = Date.parse(`${text}Z`);
  if (Number.isNaN(wall)) return "";
  // The offsets of a day before and a day after are the two that can be meant.
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((ms) => wallMs(ms, zone) - ms);
  const fits = offsets.map((offset) => wall - offset).filter((ms) => wallMs(ms, zone) === wall);
  const ms = fits.length > 0 ? Math.min(...fits) : wall - (offsets[0] ?? 0);
  return new Date(ms).toISOString();
}

/** What UTC would have to show for the clocks of the zone to be right. */
function wallMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(ms);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
}
