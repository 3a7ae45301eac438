const MINUTE_MS = 60_000;

/** An instant as a `datetime-local` control shows it, in a zone: `2026-05-01T14:30`. */
export function localText(at: string, zone: string): string {
  if (Number.isNaN(Date.parse(at))) return "";
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "short",
  }).format(new Date(at));
  return parts.replace(" ", "T");
}

/** The instant that a `datetime-local` control names in a zone, in UTC; empty when it names none. */
export function instantOf(local: string, zone: string): string {
  const asUtcMs = Date.parse(`${local}:00Z`);
  if (Number.isNaN(asUtcMs)) return "";
  // The offset of the zone at about that time, and once more at the time that this gives: clocks change.
  const guessMs = asUtcMs - offsetMs(asUtcMs, zone);
  return new Date(asUtcMs - offsetMs(guessMs, zone)).toISOString();
}

function offsetMs(atMs: number, zone: string): number {
  const shown = Date.parse(`${localText(new Date(atMs).toISOString(), zone)}:00Z`);
  return shown - Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
}
