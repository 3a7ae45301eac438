import { compileCalendar, type Calendar, type CalendarCopy } from "../core/calendar.ts";
import { calendarKey } from "../core/directory.ts";
import type { ScheduleSpec } from "../core/job.ts";
import type { CalendarLookup } from "../core/schedule.ts";
import type { Directory, StoredCalendar } from "../ports/directory.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import { FreshCache } from "./fresh-cache.ts";

const CALENDARS_FRESH = { entriesMax: 100, freshMs: 5_000, staleMs: 600_000 } as const;

interface Held {
  readonly copy: CalendarCopy;
  readonly calendar: Calendar;
}

/** The calendars that schedules name, read from the directory and compiled once for each version. */
export class CalendarStore {
  readonly #directory: Directory;
  readonly #held = new FreshCache<Held>(CALENDARS_FRESH);

  constructor(deps: { readonly directory: Directory }) {
    this.#directory = deps.directory;
  }

  /**
   * What `compileSchedule` needs to know of calendars for this schedule. It reads nothing for one
   * without a calendar; for an unknown calendar it answers undefined, which `compileSchedule` refuses with
   * `calendar.unknown`. Rejects with `records.unavailable` when the calendar is not held and cannot be read.
   */
  async lookup(namespace: string, schedule: ScheduleSpec, nowMs: number): Promise<CalendarLookup> {
    const held = await this.#heldFor(namespace, schedule, nowMs);
    return (name) => (held?.calendar.name === name ? held.calendar : undefined);
  }

  /** The copies that a job with this schedule takes along to its shard: its calendar's, or none. */
  async copiesFor(
    namespace: string,
    schedule: ScheduleSpec,
    nowMs: number,
  ): Promise<readonly DirectoryCopy[]> {
    const held = await this.#heldFor(namespace, schedule, nowMs);
    return held === null ? [] : [directoryCopyOf(held.copy)];
  }

  /** A calendar that has changed is asked for again at once. */
  forget(namespace: string, name: string): void {
    this.#held.forget(calendarKey(namespace, name));
  }

  async #heldFor(namespace: string, schedule: ScheduleSpec, nowMs: number): Promise<Held | null> {
    const use = "calendar" in schedule ? schedule.calendar : null;
    if (use === null) return null;
    return this.#held.read(calendarKey(namespace, use.name), nowMs, async () => {
      const copy = copyAmong(
        await this.#directory.calendarWithParts(namespace, use.name),
        use.name,
      );
      return copy === null ? null : { copy, calendar: compileCalendar(copy) };
    });
  }
}

/** A calendar with all that it names, from rows that hold at least these; null when it is not there. */
export function copyAmong(rows: readonly StoredCalendar[], name: string): CalendarCopy | null {
  const byName = new Map(rows.map((row) => [row.name, row]));
  const row = byName.get(name);
  if (row === undefined) return null;
  const parts = row.parts.flatMap((part) => {
    const found = byName.get(part);
    return found === undefined ? [] : [[part, found.rules] as const];
  });
  const { namespace, version, rules } = row;
  return { namespace, name, version, rules, parts: Object.fromEntries(parts) };
}

/** A calendar as the shards keep it. */
export function directoryCopyOf(copy: CalendarCopy): DirectoryCopy {
  const { namespace, name, version } = copy;
  return { key: calendarKey(namespace, name), version, body: JSON.stringify(copy) };
}
