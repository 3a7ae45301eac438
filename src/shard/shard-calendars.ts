import { compileCalendar, type Calendar, type CalendarCopy } from "../core/calendar.ts";
import { calendarKey } from "../core/directory.ts";
import type { CalendarLookup } from "../core/schedule.ts";
import type { DirectoryCopy, ShardStorage } from "../ports/shard-storage.ts";

/** The calendars of the shard's copies, compiled. A cache: each is read when a schedule first names it. */
export class ShardCalendars {
  readonly #storage: ShardStorage;
  readonly #compiled = new Map<string, Calendar>();
  /** How many jobs use a calendar, by key. */
  readonly #users = new Map<string, number>();
  /** Counts every change: what was compiled with calendars is good for one count. */
  #epoch = 0;

  constructor(storage: ShardStorage) {
    this.#storage = storage;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** The calendars of a namespace; those of `copies`, which the shard does not have yet, go before older ones. */
  lookup(namespace: string, copies: readonly DirectoryCopy[] = []): CalendarLookup {
    return (name) => {
      const key = calendarKey(namespace, name);
      const known = this.#get(key);
      const copy = copies.find((each) => each.key === key);
      const isNewer = copy !== undefined && copy.version > (known?.version ?? 0);
      return isNewer ? compiled(copy) : known;
    };
  }

  /** The copy with this key has changed. */
  forget(key: string): void {
    this.#epoch++;
    this.#compiled.delete(key);
  }

  /**
   * Counts one more user of a calendar, and says whether there may be so many. The count is only ever too
   * high, for jobs that have gone are not taken off; it is taken anew before anybody is refused.
   */
  mayUse(namespace: string, name: string, usersMax: number): boolean {
    const key = calendarKey(namespace, name);
    const known = this.#users.get(key);
    const isCounted = known !== undefined && known < usersMax;
    const users = isCounted ? known : this.#storage.jobsOfCalendar(namespace, name).length;
    this.#users.set(key, users + 1);
    return users < usersMax;
  }

  clear(): void {
    this.#epoch++;
    this.#compiled.clear();
    this.#users.clear();
  }

  #get(key: string): Calendar | undefined {
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const copy = this.#storage.getCopy(key);
    if (copy === undefined) return undefined;
    const calendar = compiled(copy);
    this.#compiled.set(key, calendar);
    return calendar;
  }
}

/** Written by the API from a CalendarCopy, whose version is that of the copy. */
function compiled({ body }: DirectoryCopy): Calendar {
  const copy: CalendarCopy = JSON.parse(body);
  return compileCalendar(copy);
}
