const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

export interface OffsetChange {
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

export interface OffsetTable {
  readonly changes: readonly OffsetChange[];
  readonly offsetMs: (atMs: number) => number;
  /** The changes in `[fromMs, untilMs]`. */
  readonly changesIn: (fromMs: number, untilMs: number) => readonly OffsetChange[];
}

/** The first year of a table, and the first that it does not cover. */
export interface Years {
  readonly from: number;
  readonly until: number;
}

const REFERENCE_YEARS: Years = { from: 2007, until: 2039 };

const tables = new Map<string, OffsetTable>();

/** The offsets of a zone as the runtime tells them, looked up without asking it again. */
export function offsetTable(timezone: string, years: Years = REFERENCE_YEARS): OffsetTable {
  const key = `${timezone} ${years.from} ${years.until}`;
  const kept = tables.get(key);
  if (kept !== undefined) return kept;
  const made = makeTable(timezone, years);
  tables.set(key, made);
  return made;
}

/** Compares the offsets of one noon with the next: no zone changes twice within a day. */
function makeTable(timezone: string, years: Years): OffsetTable {
  const offsetAt = offsetReader(timezone);
  const changes: OffsetChange[] = [];
  const startMs = Date.UTC(years.from, 0, 1, 12);
  const endMs = Date.UTC(years.until, 0, 1, 12);
  const first = offsetAt(startMs);
  let beforeMs = first;
  for (let noonMs = startMs; noonMs < endMs; noonMs += DAY_MS) {
    const afterMs = offsetAt(noonMs + DAY_MS);
    if (afterMs === beforeMs) continue;
    let [low, high] = [noonMs, noonMs + DAY_MS];
    while (high - low > SECOND_MS) {
      const middle = low + Math.floor((high - low) / 2 / SECOND_MS) * SECOND_MS;
      if (offsetAt(middle) === beforeMs) low = middle;
      else high = middle;
    }
    changes.push({ atMs: high, beforeMs, afterMs });
    beforeMs = afterMs;
  }
  const offsetMs = (atMs: number): number => changes[lookUp(changes, atMs) - 1]?.afterMs ?? first;
  const changesIn = (fromMs: number, untilMs: number): readonly OffsetChange[] => {
    const found = lookUp(changes, fromMs - 1);
    let end = found;
    while ((changes[end]?.atMs ?? Number.POSITIVE_INFINITY) <= untilMs) end++;
    return changes.slice(found, end);
  };
  return { changes, offsetMs, changesIn };
}

function offsetReader(timezone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    dateStyle: "short",
    timeStyle: "medium",
    hourCycle: "h23",
  });
  const isDigits = /^\d\d\/\d\d\/\d{4}, \d\d:\d\d:\d\d$/.test(format.format(0));
  if (!isDigits) throw new Error(`unlike what is read below: ${format.format(0)}`);
  return (atMs) => {
    const text = format.format(atMs);
    const number = (from: number, until: number): number => Number(text.slice(from, until));
    const dayMs = Date.UTC(number(6, 10), number(3, 5) - 1, number(0, 2));
    return dayMs + (number(12, 14) * 3_600 + number(15, 17) * 60 + number(18, 20)) * 1_000 - atMs;
  };
}

/** How many changes lie at or before an instant. */
function lookUp(changes: readonly OffsetChange[], atMs: number): number {
  let [low, high] = [0, changes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((changes[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
