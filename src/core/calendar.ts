/** One day with the reason for it; the date is `YYYY-MM-DD`. */
export interface CalendarDate {
  readonly date: string;
  readonly name: string | null;
}

/**
 * What a user says of a calendar: which days are open. A date that `include` names is open, else one
 * that `exclude` names is closed. Any other day is open when its weekday is, when every calendar of
 * `allOf` has it open, and, where `anyOf` names some, when one of those has.
 */
export interface CalendarRules {
  /** Open weekdays as ISO 8601 counts them: 1 is Monday, 7 is Sunday. */
  readonly weekdays: readonly number[];
  readonly include: readonly CalendarDate[];
  readonly exclude: readonly CalendarDate[];
  /** Names of other calendars of the namespace. */
  readonly allOf: readonly string[];
  readonly anyOf: readonly string[];
  /** The last date for which the holidays are known; null is for ever. Previews warn beyond it. */
  readonly knownUntil: string | null;
}

/** A calendar with all that it names, directly or not: the body of a directory copy in a shard. */
export interface CalendarCopy {
  readonly namespace: string;
  readonly name: string;
  /** Counts every change of what it means, also by a change of a calendar that it names. */
  readonly version: number;
  readonly rules: CalendarRules;
  /** The rules of the calendars it names, by name. */
  readonly parts: { readonly [name: string]: CalendarRules };
}
