import ICAL from "ical.js";
import type { CalendarDate } from "../core/calendar.ts";
import { dateOfDay } from "../core/civil-date.ts";
import { Refusal } from "../core/refusal.ts";
import { eventDays, type IcsEvent, type IcsProperty } from "./ics-event.ts";
import { IcsFault } from "./ics-fault.ts";

const ICS_LIMITS = {
  linesMax: 50_000,
  lineCharsMax: 8_192,
  datesMax: 5_000,
  nameChars: 128,
  /** Days that rules may be asked about, over the whole text. */
  looksMax: 1_000_000,
} as const;

/**
 * The days that the events of an iCalendar text cover, each once, ascending, with the summary of
 * the first event on it as its name. A day is the date as the event writes it: of a time in a zone,
 * the date in that zone. Recurrences are followed up to the end of 2040. Throws
 * `calendar.invalid`, with the number of the line, for what it cannot read.
 */
export function icsDates(text: string): readonly CalendarDate[] {
  try {
    return datesOf(eventsOf(contentLines(text)));
  } catch (error) {
    if (!(error instanceof IcsFault)) throw error;
    const message = `Line ${error.line}: ${error.message}`;
    throw new Refusal("calendar.invalid", `The iCalendar text cannot be read. ${message}`, {
      errors: [{ pointer: "/ics", message }],
      hint: "Export the calendar again as iCalendar (RFC 5545), or leave out that event.",
    });
  }
}

function datesOf(events: readonly IcsEvent[]): readonly CalendarDate[] {
  const names = new Map<number, string | null>();
  const moved = movedDays(events);
  let looks = 0;
  const mayLook = (): boolean => ++looks <= ICS_LIMITS.looksMax;
  for (const event of events) {
    if (propertyOf(event, "status")?.values[0] === "CANCELLED") continue;
    const name = nameOf(event);
    for (const day of eventDays(event, { moved: moved.get(uidOf(event)) ?? [], mayLook })) {
      if ((names.get(day) ?? null) === null) names.set(day, name);
      if (!mayLook()) throw new IcsFault(event.line, "The events up to here have too many days.");
      if (names.size > ICS_LIMITS.datesMax)
        throw new IcsFault(event.line, `There are more than ${ICS_LIMITS.datesMax} days.`);
    }
  }
  return [...names]
    .toSorted(([a], [b]) => a - b)
    .map(([day, name]) => ({ date: dateOfDay(day), name }));
}

/** Occurrences that an event of the same UID replaces: by UID, the days as written. */
function movedDays(events: readonly IcsEvent[]): ReadonlyMap<string, readonly IcsProperty[]> {
  const moved = new Map<string, IcsProperty[]>();
  for (const event of events) {
    const property = propertyOf(event, "recurrence-id");
    if (property === undefined) continue;
    const uid = uidOf(event);
    moved.set(uid, [...(moved.get(uid) ?? []), property]);
  }
  return moved;
}

function propertyOf(event: IcsEvent, name: string): IcsProperty | undefined {
  return event.properties.find((property) => property.name === name);
}

function uidOf(event: IcsEvent): string {
  const uid = propertyOf(event, "uid")?.values[0];
  return typeof uid === "string" ? uid : "";
}

function nameOf(event: IcsEvent): string | null {
  const summary = propertyOf(event, "summary")?.values[0];
  const name = typeof summary === "string" ? summary.replaceAll(/\s+/g, " ").trim() : "";
  return name === "" ? null : name.slice(0, ICS_LIMITS.nameChars);
}

interface ContentLine {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly text: string;
}

/** Lines with their continuations (RFC 5545, 3.1). */
function contentLines(text: string): readonly ContentLine[] {
  const lines: { line: number; parts: string[] }[] = [];
  const raw = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  if (raw.length > ICS_LIMITS.linesMax)
    throw new IcsFault(ICS_LIMITS.linesMax, `There are more than ${ICS_LIMITS.linesMax} lines.`);
  for (const [i, part] of raw.entries()) {
    const isContinued = part.startsWith(" ") || part.startsWith("\t");
    const last = lines.at(-1);
    if (isContinued && last !== undefined) last.parts.push(part.slice(1));
    else if (part.trim() !== "") lines.push({ line: i + 1, parts: [part] });
  }
  return lines.map(({ line, parts }) => ({ line, text: parts.join("") }));
}

/** The events of the text: what stands between BEGIN:VEVENT and END:VEVENT, without what nests there. */
function eventsOf(lines: readonly ContentLine[]): readonly IcsEvent[] {
  const events: IcsEvent[] = [];
  const open: OpenPart[] = [];
  for (const at of lines) {
    const [mark, name] = markOf(at.text);
    if (open.length === 0 && name !== "VCALENDAR")
      throw new IcsFault(at.line, "Expected BEGIN:VCALENDAR.");
    const part = open.at(-1);
    if (mark === "BEGIN") open.push({ name, line: at.line, properties: [] });
    else if (mark === "END") close(open, events, { line: at.line, name });
    else if (part?.name === "VEVENT") part.properties.push(propertyAt(at));
  }
  const left = open.at(-1);
  if (left !== undefined) throw new IcsFault(left.line, `BEGIN:${left.name} has no END.`);
  if (lines.length === 0) throw new IcsFault(1, "The text is empty.");
  return events;
}

/** BEGIN or END with what begins or ends there; empty for any other line. */
function markOf(text: string): readonly [string, string] {
  const [, mark = "", name = ""] = /^(BEGIN|END):\s*([A-Z0-9-]+)\s*$/i.exec(text) ?? [];
  return [mark.toUpperCase(), name.toUpperCase()];
}

interface OpenPart {
  readonly name: string;
  readonly line: number;
  readonly properties: IcsProperty[];
}

function close(
  open: OpenPart[],
  events: IcsEvent[],
  { line, name }: { readonly line: number; readonly name: string },
): void {
  const closed = open.pop();
  if (closed?.name !== name)
    throw new IcsFault(line, `END:${name} ends nothing that is open here.`);
  if (name === "VEVENT") events.push({ line: closed.line, properties: closed.properties });
}

/** One line as ical.js reads it: jCal (RFC 7265), `[name, parameters, type, ...values]`. */
function propertyAt({ line, text }: ContentLine): IcsProperty {
  if (text.length > ICS_LIMITS.lineCharsMax)
    throw new IcsFault(line, `It is longer than ${ICS_LIMITS.lineCharsMax} characters.`);
  try {
    const parsed: unknown = ICAL.parse.property(text);
    if (!Array.isArray(parsed)) throw new IcsFault(line, "It is no property.");
    const [name, , type, ...values]: readonly unknown[] = parsed;
    return { line, name: String(name), type: String(type), values };
  } catch (error) {
    if (error instanceof IcsFault) throw error;
    const reason = error instanceof Error ? error.message.slice(0, 200) : "unreadable";
    throw new IcsFault(line, `It is no property of an event: ${reason}.`);
  }
}
