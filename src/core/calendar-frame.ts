import type { Calendar } from "./calendar.ts";
import { RolledTicks } from "./calendar-roll.ts";
import { ClosedDays } from "./closed-days.ts";
import type { CalendarUse, DstRule } from "./job.ts";
import { Refusal } from "./refusal.ts";
import type { TickSource } from "./tick-source.ts";
import type { Zone } from "./zone.ts";

/** What a calendar does to a schedule: it closes days, or it moves the ticks of closed days. */
export interface CalendarFrame {
  readonly calendar: Calendar;
  /** Null where it moves ticks: then none lies on a closed day. */
  readonly closed: ClosedDays | null;
  /** The ticks after the move; null where it closes days. */
  readonly moved: RolledTicks | null;
}

/** The ticks that a calendar is laid over. */
export interface BareTicks {
  readonly source: TickSource;
  readonly zone: Zone;
  /** Where a moved tick lands whose local time the clocks skip or repeat. */
  readonly dst: DstRule;
}

/**
 * Lays a calendar over ticks; throws `Refusal("calendar.unknown")` where the look-up knew none of
 * the name.
 */
export function calendarFrame(
  { name, roll }: CalendarUse,
  calendar: Calendar | undefined,
  { source, zone, dst }: BareTicks,
): CalendarFrame {
  if (calendar === undefined) {
    const message = `There is no calendar "${name}".`;
    throw new Refusal("calendar.unknown", message, {
      hint: "GET /calendars lists those of the namespace; POST /calendars makes one.",
      errors: [{ pointer: "/schedule/calendar/name", message }],
    });
  }
  if (roll === "skip") return { calendar, closed: new ClosedDays(calendar, zone), moved: null };
  const moved = new RolledTicks(source, { calendar, zone, direction: roll, dst });
  return { calendar, closed: null, moved };
}
