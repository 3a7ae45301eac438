import { Refusal } from "../core/refusal.ts";
import type { ApiIdempotency, CalendarSet, StoredCalendar } from "../ports/directory.ts";
import type { ApiDeps } from "./api-deps.ts";
import { planChange, planDeletion } from "./calendar-change.ts";
import { impactOf, refuseUsed } from "./calendar-impact.ts";
import { calendarJson, type ImpactJson, NO_IMPACT, type CalendarDraft } from "./calendar-schema.ts";
import { type CalendarStore, directoryCopyOf } from "./calendar-store.ts";
import type { DirectoryCopies } from "./directory-copies.ts";
import { conflict, type IfMatch } from "./etag.ts";

/** A change is worked out again this often over what others have changed meanwhile. */
const TRIES_MAX = 4;

/** Which calendar is to be changed, and under what conditions. */
export interface CalendarTarget {
  readonly namespace: string;
  readonly name: string;
  readonly nowMs: number;
  readonly ifMatch: IfMatch | null;
  /** Answers what would be, and stores nothing. */
  readonly isDryRun: boolean;
}

export interface ChangedCalendar {
  readonly calendar: StoredCalendar;
  readonly impact: ImpactJson;
  readonly isNew: boolean;
}

type ChangedJson = ReturnType<typeof calendarJson> & {
  readonly dryRun: boolean;
  readonly impact: ImpactJson;
};

/** Makes the answer to a change into the entry that is stored with it. */
export type EntryOf = (changed: ChangedCalendar) => ApiIdempotency | null;

/**
 * Changes calendars: works out what follows, asks the shards what it moves, stores all of it as one
 * batch, and tells the shards.
 */
export class CalendarWriter {
  readonly #deps: Pick<ApiDeps, "directory" | "shards">;
  readonly #store: CalendarStore;
  readonly #copies: DirectoryCopies;

  constructor(
    deps: Pick<ApiDeps, "directory" | "shards">,
    store: CalendarStore,
    copies: DirectoryCopies,
  ) {
    this.#deps = deps;
    this.#store = store;
    this.#copies = copies;
  }

  /**
   * Stores what `draftOf` makes of the calendar as it is, or of nothing where there is none. Throws
   * what `planChange` and `impactOf` throw, and `version.conflict`.
   */
  async write(
    target: CalendarTarget,
    draftOf: (before: StoredCalendar | null) => CalendarDraft,
    entryOf: EntryOf,
  ): Promise<ChangedCalendar> {
    const { directory, shards } = this.#deps;
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      // Each try needs what the one before it found.
      // oxlint-disable-next-line no-await-in-loop
      const { set, before } = await this.#find(target);
      const draft = draftOf(before);
      if (before === null && target.ifMatch !== null) throw conflict();
      const planned = planChange(set, { ...target, draft }, target.nowMs);
      if (planned.isSame && before !== null)
        return { calendar: before, impact: NO_IMPACT, isNew: false };
      const isNew = before === null;
      // oxlint-disable-next-line no-await-in-loop
      const impact = isNew ? NO_IMPACT : await impactOf(shards, planned.copies);
      const changed = { calendar: planned.calendar, impact, isNew };
      if (target.isDryRun) return changed;
      // oxlint-disable-next-line no-await-in-loop
      if (!(await directory.changeCalendars(planned.change, entryOf(changed)))) continue;
      for (const { name } of planned.copies) this.#store.forget(target.namespace, name);
      // oxlint-disable-next-line no-await-in-loop
      await this.#copies.push(...planned.copies.map(directoryCopyOf));
      return changed;
    }
    throw conflict();
  }

  /** Takes a calendar away that neither a job nor a calendar uses; throws `calendar.in_use` otherwise. */
  async delete(target: CalendarTarget): Promise<void> {
    const { directory, shards } = this.#deps;
    const { namespace, name } = target;
    for (let tries = 1; tries <= TRIES_MAX; tries++) {
      // oxlint-disable-next-line no-await-in-loop -- As above.
      const { set, before } = await this.#find(target);
      if (before === null) throw unknownCalendar(name);
      const change = planDeletion(set, before);
      // oxlint-disable-next-line no-await-in-loop
      await refuseUsed(shards, namespace, name);
      if (target.isDryRun) return;
      // oxlint-disable-next-line no-await-in-loop
      if (!(await directory.changeCalendars(change, null))) continue;
      this.#store.forget(namespace, name);
      return;
    }
    throw conflict();
  }

  async #find({ namespace, name, ifMatch }: CalendarTarget): Promise<{
    readonly set: CalendarSet;
    readonly before: StoredCalendar | null;
  }> {
    const set = await this.#deps.directory.calendarSet(namespace);
    const before = set.calendars.find((calendar) => calendar.name === name) ?? null;
    const isOther =
      ifMatch?.kind === "versions" && before !== null && !ifMatch.versions.includes(before.version);
    if (isOther) throw conflict();
    return { set, before };
  }
}

export function changedJson({ calendar, impact }: ChangedCalendar, isDryRun: boolean): ChangedJson {
  return { ...calendarJson(calendar), dryRun: isDryRun, impact };
}

export function unknownCalendar(name: string): Refusal {
  return new Refusal("calendar.unknown", `There is no calendar "${name}".`);
}
