const FORM = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})$/;
const TRIES = 3;

/**
 * The instant at which the clock of a zone shows what was typed into a field of the type `datetime-local`; null
 * for anything else. A time that is skipped there gives the instant that many minutes later, one that comes
 * twice gives one of the two.
 */
export function instantAt(text: string, zone: string): number | null {
  if (!FORM.test(text)) return null;
  const wanted = Date.parse(`${text}:00Z`);
  if (Number.isNaN(wanted)) return null;
  let ms = wanted;
  // The offset at the first guess may be that of before a change of clocks.
  for (let tried = 0; tried < TRIES; tried++) ms += wanted - shownAt(ms, zone);
  return ms;
}

/** What the clock of a zone shows at an instant, read as if it were UTC. */
function shownAt(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(ms);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
}
