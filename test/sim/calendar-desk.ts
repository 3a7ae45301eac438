import { calendarKey } from "../../src/core/directory.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import type { Dice } from "../support/prng.ts";
import { CALENDAR_NAMES, drawCalendar } from "./draw-calendar.ts";
import type { Scene } from "./scene.ts";

/** Where the calendars of a world are kept and changed: each change is a new version, for every shard. */
export class CalendarDesk {
  readonly #dice: Dice;
  readonly #nearMs: number;
  readonly #namespace: string;
  readonly #newest = new Map<string, DirectoryCopy>();

  constructor(scene: Scene, namespace: string) {
    this.#dice = scene.dice("calendars");
    this.#nearMs = scene.options.startMs;
    this.#namespace = namespace;
    if (scene.options.hasCalendars) for (const name of CALENDAR_NAMES) this.#write(name);
  }

  /** What a job brings along to its shard. */
  copies(): readonly DirectoryCopy[] {
    return [...this.#newest.values()];
  }

  change(): DirectoryCopy {
    return this.#write(this.#dice.pick(CALENDAR_NAMES));
  }

  #write(name: string): DirectoryCopy {
    const key = calendarKey(this.#namespace, name);
    const version = (this.#newest.get(key)?.version ?? 0) + 1;
    const of = { namespace: this.#namespace, name, version };
    const calendar = drawCalendar(this.#dice, of, this.#nearMs);
    const copy = { key, version, body: JSON.stringify(calendar) };
    this.#newest.set(key, copy);
    return copy;
  }
}
