import { unreachable } from "./assert.ts";
import type { CalendarFrame } from "./calendar-frame.ts";
import { Refusal } from "./refusal.ts";
import type { TickSource } from "./tick-source.ts";

/** Why a schedule has no tick ahead. */
export type NeverReason =
  | { readonly kind: "past" }
  | { readonly kind: "pattern"; readonly pointer: string }
  | { readonly kind: "bounds" }
  | { readonly kind: "calendar"; readonly name: string };

/** What decides about the ticks of a schedule, from the pattern to the bounds. */
interface Layers {
  readonly kind: "cron" | "every";
  /** What the pattern or the interval gives by itself. */
  readonly bare: TickSource;
  readonly calendar: CalendarFrame | null;
  /** What is left within the bounds. */
  readonly ticks: TickSource;
}

/** Which layer takes the last tick away from a schedule that has none ahead. */
export function whyNever({ kind, bare, calendar, ticks }: Layers, nowMs: number): NeverReason {
  if (bare.nextAfter(nowMs) === null) return { kind: "pattern", pointer: `/schedule/${kind}` };
  if (calendar === null) return { kind: "bounds" };
  const isMovedAway = calendar.moved?.nextAfter(nowMs) === null;
  if (!isMovedAway && ticks.nextAfter(nowMs) === null) return { kind: "bounds" };
  return { kind: "calendar", name: calendar.calendar.name };
}

/** The refusal of a schedule that never fires: what leaves it no tick, and where in the request. */
export function neverFires(reason: NeverReason): Refusal {
  switch (reason.kind) {
    case "past":
      return refusal("/schedule/at", {
        detail: "The instant of this schedule is not in the future, so it never fires.",
        hint: "POST /jobs/{job}/runs runs it now.",
      });
    case "pattern":
      return refusal(reason.pointer, {
        detail: "This schedule never fires: no date from now on matches it.",
        hint: "Look for a day that its month never has, such as 30 February, or a year that is over.",
      });
    case "bounds":
      return refusal("/schedule/endAt", {
        detail: "This schedule never fires: its bounds leave no tick from now on.",
        hint: "Look at startAt, endAt and ticksMax, and at which ticks lie between them.",
      });
    case "calendar":
      return refusal("/schedule/calendar", {
        detail: `This schedule never fires: the calendar "${reason.name}" leaves no tick from now on.`,
        hint:
          "Every tick within 40 years lies on a day that it closes, or it has no open day for ten. " +
          "Look at its days, or let its closed ticks move with roll.",
      });
    default:
      return unreachable(reason);
  }
}

function refusal(
  pointer: string,
  { detail, hint }: { readonly detail: string; readonly hint: string },
): Refusal {
  const errors = [{ pointer, message: detail }];
  return new Refusal("schedule.never_fires", detail, { hint, errors });
}
