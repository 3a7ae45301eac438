const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

interface OffsetChange {
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

export interface OffsetTable {
  readonly changes: readonly OffsetChange[];
  offsetMs(atMs: number): number;
}

/** The years that the tables cover. */
const REFERENCE_YEARS = { from: 2007, until: 2033 } as const;

const tables = new Map<string, OffsetTable>();

/** The offsets of a zone as the runtime tells them, looked up without asking it again. */
export function offsetTable(timezone: string): OffsetTable {
  const kept = tables.get(timezone);
  if (kept !== undefined) return kept;
  const made = makeTable(timezone);
  tables.set(timezone, made);
  return made;
}

function makeTable(timezone: string): OffsetTable {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    dateStyle: "short",
    timeStyle: "medium",
    hourCycle: "h23",
  });
  const offsetAt = (atMs: number): number => {
    const [day, month, year, hour, minute, second] = (format.format(atMs).match(/\d+/g) ?? []).map(
      Number,
    );
    const localMs = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
    return localMs - atMs;
  };
  const changes: OffsetChange[] = [];
  const startMs = Date.UTC(REFERENCE_YEARS.from, 0, 1);
  const endMs = Date.UTC(REFERENCE_YEARS.until, 0, 1);
  const first = offsetAt(startMs);
  let beforeMs = first;
  for (let atMs = startMs; atMs < endMs; atMs += DAY_MS / 2) {
    const afterMs = offsetAt(atMs + DAY_MS / 2);
    if (afterMs === beforeMs) continue;
    let minute = atMs;
    while (offsetAt(minute) === beforeMs) minute += MINUTE_MS;
    changes.push({ atMs: minute, beforeMs, afterMs });
    beforeMs = afterMs;
  }
  return { changes, offsetMs: (atMs) => lookUp(changes, first, atMs) };
}

function lookUp(changes: readonly OffsetChange[], first: number, atMs: number): number {
  let [low, high] = [0, changes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((changes[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? first : (changes[low - 1]?.afterMs ?? first);
}
