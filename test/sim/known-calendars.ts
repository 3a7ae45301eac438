import type { CalendarCopy } from "../../src/core/calendar.ts";
import { calendarKey } from "../../src/core/directory.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import { hold } from "./scene.ts";

/** Which version of each calendar each shard has stored. */
export class KnownCalendars {
  readonly #byShard: Map<string, CalendarCopy>[];
  readonly #read = new Map<string, CalendarCopy>();
  /** Of the transaction under way: they count from its end on. */
  #fresh = new Map<string, CalendarCopy>();

  constructor(shards: number) {
    this.#byShard = Array.from({ length: shards }, () => new Map<string, CalendarCopy>());
  }

  take(shard: number, copy: DirectoryCopy): void {
    if (!copy.key.startsWith(calendarKey("", "").slice(0, -1))) return;
    const id = `${copy.key} ${copy.version}`;
    const read = this.#read.get(id) ?? readCalendar(copy.body);
    this.#read.set(id, read);
    const known = this.#fresh.get(read.name) ?? this.#byShard[shard]?.get(read.name);
    const isNewer = known === undefined || known.version < copy.version;
    hold("C1 a calendar only gets newer", isNewer, () => `${id} over v${known?.version}`);
    this.#fresh.set(read.name, read);
  }

  /** As it is from the end of the transaction under way on. */
  find(shard: number, name: string | undefined): CalendarCopy | undefined {
    if (name === undefined) return undefined;
    return this.#fresh.get(name) ?? this.#byShard[shard]?.get(name);
  }

  /** Ends the transaction: the calendars that it changed. */
  settle(shard: number): readonly CalendarCopy[] {
    if (this.#fresh.size === 0) return NONE;
    const fresh = [...this.#fresh.values()];
    this.#fresh = new Map();
    for (const calendar of fresh) this.#byShard[shard]?.set(calendar.name, calendar);
    return fresh;
  }
}

const NONE: readonly CalendarCopy[] = [];

function readCalendar(body: string): CalendarCopy {
  // The simulator's own operators wrote it.
  const calendar: CalendarCopy = JSON.parse(body);
  return calendar;
}
