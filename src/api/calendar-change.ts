import { assert } from "../core/assert.ts";
import type { CalendarCopy, CalendarRules } from "../core/calendar.ts";
import { checkCalendar } from "../core/calendar-check.ts";
import { Refusal } from "../core/refusal.ts";
import type { CalendarChange, CalendarSet, StoredCalendar } from "../ports/directory.ts";
import { copyAmong } from "./calendar-store.ts";
import { type CalendarDraft, inOrder } from "./calendar-schema.ts";

export const CALENDAR_SET_LIMITS = {
  calendarsMax: 200,
  /** All calendars of a namespace together, as JSON: a change reads them all. */
  bytesMax: 8 * 1_048_576,
  /** One calendar with all that it names, as JSON: it must fit into one row of a shard. */
  copyBytesMax: 1_048_576,
  /** All that one change sends to each shard. */
  changeBytesMax: 16 * 1_048_576,
} as const;

const DAY_MS = 86_400_000;

/** A change of one calendar, with all that follows from it for those that name it. */
export interface PlannedChange {
  readonly change: CalendarChange;
  /** The calendar as it would be stored. */
  readonly calendar: StoredCalendar;
  /** What the shards would get: the calendar and all that name it, directly or not. */
  readonly copies: readonly CalendarCopy[];
  /** Nothing differs from what is stored. */
  readonly isSame: boolean;
}

/**
 * Works out what a calendar's new form changes. Throws `calendar.invalid` for a calendar that cannot be, or that
 * makes another one invalid, and `quota.exceeded` beyond the limits of a namespace.
 */
export function planChange(
  set: CalendarSet,
  wanted: { readonly namespace: string; readonly name: string; readonly draft: CalendarDraft },
  nowMs: number,
): PlannedChange {
  const { namespace, name } = wanted;
  const before = set.calendars.find((calendar) => calendar.name === name);
  const rulesOf = new Map(set.calendars.map((calendar) => [calendar.name, calendar.rules]));
  rulesOf.set(name, wanted.draft.rules);
  check({ name, rules: wanted.draft.rules }, rulesOf, nowMs);
  const draft = inOrder(wanted.draft);
  rulesOf.set(name, draft.rules);
  const calendar: StoredCalendar = {
    namespace,
    name,
    description: draft.description,
    version: (before?.version ?? set.versionFloor) + 1,
    rules: draft.rules,
    parts: partsOf(draft.rules, rulesOf),
    createdMs: before?.createdMs ?? nowMs,
    updatedMs: nowMs,
  };
  const isMeant = before === undefined || !isEqual(before.rules, draft.rules);
  const others = isMeant ? dependents(set, name, { rulesOf, nowMs }) : [];
  const puts = [calendar, ...others];
  const all = [
    ...set.calendars.filter((old) => !puts.some((put) => put.name === old.name)),
    ...puts,
  ];
  refuseTooMuch(all);
  const { revision, versionFloor } = set;
  return {
    change: { namespace, revision, versionFloor, puts, deletes: [] },
    calendar,
    copies: copiesWithin(
      all,
      puts.map((put) => put.name),
    ),
    isSame: !isMeant && before.description === draft.description,
  };
}

/** The change that takes a calendar away. Throws `calendar.in_use` while another one names it. */
export function planDeletion(set: CalendarSet, calendar: StoredCalendar): CalendarChange {
  const { namespace, name, version } = calendar;
  const users = set.calendars.filter(({ parts }) => parts.includes(name)).map((user) => user.name);
  if (users.length > 0)
    throw new Refusal("calendar.in_use", `Calendars name "${name}": ${someOf(users)}.`, {
      hint: "Take it out of them first.",
      errors: users.slice(0, NAMED_MAX).map((user) => ({
        pointer: "",
        message: `The calendar "${user}" names it.`,
      })),
    });
  const versionFloor = Math.max(set.versionFloor, version);
  return { namespace, revision: set.revision, versionFloor, puts: [], deletes: [name] };
}

const NAMED_MAX = 20;

/** The first few names, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Those that name the calendar mean something else now: they get a new version, and are checked again. */
function dependents(
  set: CalendarSet,
  name: string,
  {
    rulesOf,
    nowMs,
  }: { readonly rulesOf: ReadonlyMap<string, CalendarRules>; readonly nowMs: number },
): readonly StoredCalendar[] {
  const found = set.calendars.filter((other) => other.name !== name && other.parts.includes(name));
  for (const other of found) checkDependent(other, name, { rulesOf, nowMs });
  return found.map((other) => changedPart(other, partsOf(other.rules, rulesOf), nowMs));
}

function changedPart(
  calendar: StoredCalendar,
  parts: readonly string[],
  nowMs: number,
): StoredCalendar {
  return { ...calendar, version: calendar.version + 1, parts, updatedMs: nowMs };
}

function checkDependent(
  other: StoredCalendar,
  name: string,
  {
    rulesOf,
    nowMs,
  }: { readonly rulesOf: ReadonlyMap<string, CalendarRules>; readonly nowMs: number },
): void {
  try {
    check(other, rulesOf, nowMs);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const message = `The calendar "${other.name}" names this one and would be invalid: ${error.data.detail}`;
    throw new Refusal("calendar.invalid", message, {
      hint: `Change "${other.name}" first, or leave "${name}" as it is.`,
      errors: [{ pointer: "", message }],
    });
  }
}

function check(
  { name, rules }: Pick<StoredCalendar, "name" | "rules">,
  rulesOf: ReadonlyMap<string, CalendarRules>,
  nowMs: number,
): void {
  checkCalendar({ name, rules, parts: Object.fromEntries(rulesOf) }, Math.floor(nowMs / DAY_MS));
}

/** All that a calendar names, directly or not. */
function partsOf(
  rules: CalendarRules,
  rulesOf: ReadonlyMap<string, CalendarRules>,
): readonly string[] {
  const found = new Set<string>([...rules.allOf, ...rules.anyOf]);
  // A set gives what is added while it is walked.
  for (const name of found) {
    const part = rulesOf.get(name);
    for (const inner of [...(part?.allOf ?? []), ...(part?.anyOf ?? [])]) found.add(inner);
  }
  return [...found].toSorted();
}

function copiesWithin(
  rows: readonly StoredCalendar[],
  names: readonly string[],
): readonly CalendarCopy[] {
  const { copyBytesMax, changeBytesMax } = CALENDAR_SET_LIMITS;
  let bytes = 0;
  return names.map((name) => {
    const copy = copyAmong(rows, name);
    assert(copy !== null, "the calendar that is copied is among the rows");
    const size = bytesOf(copy);
    bytes += size;
    if (size <= copyBytesMax && bytes <= changeBytesMax) return copy;
    const detail =
      size > copyBytesMax
        ? `The calendar "${name}" with all that it names is larger than 1 MiB.`
        : "The calendars that name this one are larger than 16 MiB together.";
    throw new Refusal("quota.exceeded", detail, { hint: "Name fewer calendars, or fewer days." });
  });
}

function refuseTooMuch(all: readonly StoredCalendar[]): void {
  const { calendarsMax, bytesMax } = CALENDAR_SET_LIMITS;
  if (all.length > calendarsMax)
    throw new Refusal("quota.exceeded", `A namespace has at most ${calendarsMax} calendars.`, {
      hint: "Delete one that no job uses.",
    });
  if (all.reduce((sum, calendar) => sum + bytesOf(calendar), 0) > bytesMax)
    throw new Refusal("quota.exceeded", "The calendars of a namespace are larger than 8 MiB.", {
      hint: "Delete one that no job uses, or name fewer days.",
    });
}

function bytesOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Both sides come from `inOrder`, which puts their fields in one order. */
function isEqual(one: CalendarRules, other: CalendarRules): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
