import fc from "fast-check";
import { expect, test } from "vitest";
import { compileCalendar } from "../../src/core/calendar.ts";
import { countOpenTicks, openTicks } from "../../src/core/open-ticks.ts";
import { compileSchedule, isClosed, ticksBetween } from "../../src/core/schedule.ts";
import { EVERY_DEFAULTS } from "../support/specs.ts";

const FROM_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

const RULES = { weekdays: [1, 2, 3, 4, 5], include: [], allOf: [], anyOf: [], knownUntil: null };
const calendar = compileCalendar({
  namespace: "default",
  name: "office",
  version: 1,
  rules: {
    ...RULES,
    exclude: Array.from({ length: 12 }, (_, i) => {
      const date = new Date(FROM_MS + (20 + i) * DAY_MS).toISOString().slice(0, 10);
      return { date, name: null };
    }),
  },
  parts: {},
});

test("the open ticks of a range are its nominal ones without those of closed days", () => {
  const range = fc.record({
    hours: fc.integer({ min: 1, max: 50 }),
    afterDay: fc.integer({ min: 0, max: 40 }),
    days: fc.integer({ min: 0, max: 40 }),
    limit: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(
    fc.property(range, ({ hours, afterDay, days, limit }) => {
      const schedule = compileSchedule(
        {
          kind: "every",
          ...EVERY_DEFAULTS,
          every: `${hours}h`,
          anchor: new Date(FROM_MS).toISOString(),
          calendar: { name: "office", roll: "skip" },
        },
        () => calendar,
      );
      const afterMs = FROM_MS + afterDay * DAY_MS;
      const between = { afterMs, untilMs: afterMs + days * DAY_MS };
      const nominal = ticksBetween(schedule, { ...between, limit: 2_000 }).ticks;
      const open = nominal.filter((tick) => !isClosed(schedule, tick));

      expect(openTicks(schedule, { ...between, limit })).toEqual(open.slice(0, limit));
      expect(countOpenTicks(schedule, between)).toBe(open.length);
    }),
  );
});
