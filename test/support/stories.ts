import fc from "fast-check";
import type { CalendarCopy, CalendarRules } from "../../src/core/calendar.ts";
import type { CalendarUse, JobSpec, ScheduleSpec } from "../../src/core/job.ts";
import type { Span } from "../../src/core/simulate.ts";
import type { Story } from "./played-shard.ts";

const HOUR_MS = 3_600_000;

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Beginnings of stories: plain days, and the eves of changes of the clocks. */
const STARTS = [
  Date.UTC(2026, 4, 1, 12),
  Date.UTC(2026, 9, 24, 18),
  Date.UTC(2026, 2, 7, 20),
  Date.UTC(2027, 2, 27, 22),
] as const;
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai"] as const;
const PATTERNS = [
  "*/5 * * * *",
  "30 2 * * *",
  "0,20 1-3 * * *",
  "0 */2 * * *",
  "15 9 * * 1-5",
  "0 0 * * *",
  "*/30 * * * * *",
] as const;

/** Any story of a job of one name: schedules, rules, outages and pauses, over at most two days. */
export function aStory(): fc.Arbitrary<Story> {
  return fc
    .record({ fromMs: fc.constantFrom(...STARTS), hours: fc.integer({ min: 1, max: 48 }) })
    .chain(({ fromMs, hours }) => {
      const range = { fromMs, toMs: fromMs + hours * HOUR_MS };
      return fc
        .record({
          schedule: aSchedule(range),
          rules: someRules(),
          calendar: fc.option(aCalendar(), { nil: null }),
          roll: fc.constantFrom("skip", "skip", "previous", "next"),
          durationMs: fc.constantFrom(1, 1_000, 61_000, 300_000, 1_500_000, 5_000_000),
          outages: spansIn(range, 3),
          pauses: spansIn(range, 2),
          missed: fc.constantFrom(null, null, "skip", "latest", "all"),
        })
        .map(({ schedule, rules, calendar, roll, durationMs, outages, pauses, missed }) => ({
          ...range,
          spec: { ...rules, schedule: withCalendar(schedule, calendar, roll), timeout: "1d" },
          calendar: "calendar" in schedule ? calendar : null,
          durationMs,
          outages,
          pauses: pauses.map((span) => ({ ...span, missed })),
        }));
    });
}

function withCalendar(
  schedule: ScheduleSpec,
  calendar: CalendarCopy | null,
  roll: CalendarUse["roll"],
): ScheduleSpec {
  if (calendar === null || !("calendar" in schedule)) return schedule;
  return { ...schedule, calendar: { name: calendar.name, roll } };
}

function someRules(): fc.Arbitrary<Partial<JobSpec>> {
  const span = fc.constantFrom("0s", "5s", "10m", "2h", "1d");
  return fc.record({
    misfire: fc.record({
      policy: fc.constantFrom("skip", "latest", "all"),
      grace: span,
      maxAge: span,
      maxCatchup: fc.integer({ min: 0, max: 12 }),
    }),
    overlap: fc.constantFrom("skip", "buffer_one", "buffer_all", "cancel_other", "allow"),
    concurrency: fc.constantFrom(null, null, 1, 2, 3),
    startWithin: fc.constantFrom(null, null, "0s", "1m", "1h"),
  });
}

function aSchedule(range: Span): fc.Arbitrary<ScheduleSpec> {
  return fc.oneof(
    { weight: 4, arbitrary: anInterval(range) },
    { weight: 4, arbitrary: aPattern(range) },
    { weight: 2, arbitrary: aDelay(range) },
    { weight: 1, arbitrary: anInstant(range).map((at) => ({ kind: "at" as const, at })) },
  );
}

function anInterval(range: Span): fc.Arbitrary<ScheduleSpec> {
  return fc.record({
    kind: fc.constant("every"),
    every: fc.constantFrom("45s", "5m", "11m", "1h", "7h"),
    anchor: fc.constantFrom(iso(range.fromMs), iso(range.fromMs - 777_777)),
    timezone: fc.constantFrom(...ZONES),
    jitter: aJitter(),
    calendar: fc.constant(null),
    ticksMax: fc.constant(null),
    ...someBounds(range),
  });
}

function aPattern(range: Span): fc.Arbitrary<ScheduleSpec> {
  return fc.record({
    kind: fc.constant("cron"),
    cron: fc.constantFrom(...PATTERNS),
    dialect: fc.constant("standard"),
    timezone: fc.constantFrom(...ZONES),
    dst: fc.record({
      gap: fc.constantFrom("shift", "skip"),
      fold: fc.constantFrom("first", "last", "both"),
    }),
    jitter: aJitter(),
    calendar: fc.constant(null),
    ticksMax: fc.constant(null),
    ...someBounds(range),
  });
}

function aDelay(range: Span): fc.Arbitrary<ScheduleSpec> {
  return fc.record({
    kind: fc.constant("after"),
    delay: fc.constantFrom("20s", "10m", "3h"),
    ...someBounds(range),
    startAt: fc.constantFrom(iso(range.fromMs), iso(range.fromMs + HOUR_MS / 2)),
    ticksMax: fc.constantFrom(null, null, 1, 3),
  });
}

function someBounds(range: Span) {
  const endAt = iso(range.toMs - HOUR_MS / 3);
  return {
    startAt: fc.constantFrom(null, null, null, iso(range.fromMs + HOUR_MS / 3)),
    endAt: fc.constantFrom(null, null, null, endAt),
  } as const;
}

function anInstant(range: Span): fc.Arbitrary<string> {
  return fc.integer({ min: range.fromMs, max: range.toMs }).map(iso);
}

function aJitter(): fc.Arbitrary<string> {
  return fc.constantFrom("0s", "0s", "90s", "1h");
}

/** Some weekdays, and some days around the story that are open or closed by name. */
function aCalendar(): fc.Arbitrary<CalendarCopy> {
  const rules: fc.Arbitrary<CalendarRules> = fc.record({
    weekdays: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 2 }),
    include: someDates([1, 2]),
    exclude: someDates([3, 4]),
    allOf: fc.constant([]),
    anyOf: fc.constant([]),
    knownUntil: fc.constant(null),
  });
  return rules.map((made) => ({
    namespace: "default",
    name: "work",
    version: 3,
    rules: made,
    parts: {},
  }));
}

/** Days of the stories' months, of which each list takes its own. */
function someDates(offsets: readonly number[]) {
  const dates = STARTS.flatMap((ms) =>
    offsets.map((days) => iso(ms + (days - 1) * 24 * HOUR_MS - 12 * HOUR_MS).slice(0, 10)),
  );
  return fc.subarray(dates).map((some) => some.map((date) => ({ date, name: null })));
}

/** Spans within a range, in order and apart from each other. */
function spansIn({ fromMs, toMs }: Span, most: number): fc.Arbitrary<readonly Span[]> {
  return fc
    .uniqueArray(fc.integer({ min: fromMs + 1, max: toMs - 1 }), { maxLength: most * 2 })
    .map((edges) => edges.toSorted((a, b) => a - b))
    .map((edges) =>
      edges.flatMap((spanFromMs, i) => {
        const spanToMs = edges[i + 1];
        return i % 2 === 0 && spanToMs !== undefined
          ? [{ fromMs: spanFromMs, toMs: spanToMs }]
          : [];
      }),
    );
}
