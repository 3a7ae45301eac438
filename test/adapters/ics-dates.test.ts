import { describe, expect, it, test } from "vitest";
import { icsDates } from "../../src/adapters/ics-dates.ts";
import { Refusal } from "../../src/core/refusal.ts";

const anEvent = (...lines: readonly string[]): readonly string[] => [
  "BEGIN:VEVENT",
  ...lines,
  "END:VEVENT",
];
const aText = (...lines: readonly string[]): string =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", ...lines, "END:VCALENDAR"].join("\r\n");

const datesOf = (...lines: readonly string[]): readonly string[] =>
  icsDates(aText(...lines)).map(({ date }) => date);
const recurring = (start: string, rule: string): readonly string[] =>
  datesOf(...anEvent(`DTSTART;VALUE=DATE:${start}`, `RRULE:${rule}`));

/** What the refusal says of the text; fails when it is taken. */
function faultOf(text: string): string {
  try {
    icsDates(text);
  } catch (error) {
    if (error instanceof Refusal) {
      expect(error.data.code).toBe("calendar.invalid");
      expect(error.data.errors?.[0]?.pointer).toBe("/ics");
      return error.data.errors?.[0]?.message ?? "";
    }
  }
  throw new Error("the text is refused");
}

describe("the days of an event", () => {
  it("go up to the day before its end", () => {
    const lines = ["DTSTART;VALUE=DATE:20261001", "DTEND;VALUE=DATE:20261004"];

    expect(datesOf(...anEvent(...lines))).toEqual(["2026-10-01", "2026-10-02", "2026-10-03"]);
    expect(datesOf(...anEvent("DTSTART;VALUE=DATE:20261001"))).toEqual(["2026-10-01"]);
    expect(datesOf(...anEvent("DTSTART;VALUE=DATE:20261001", "DURATION:P2D"))).toHaveLength(2);
    expect(datesOf(...anEvent("DTSTART;VALUE=DATE:20261001", "DURATION:P1W"))).toHaveLength(7);
  });

  it("are the dates that it writes, in whatever zone", () => {
    const late = ["DTSTART;TZID=Asia/Shanghai:20261001T230000", "DTEND:20261003T000000"];

    expect(datesOf(...anEvent(...late))).toEqual(["2026-10-01", "2026-10-02"]);
    expect(datesOf(...anEvent("DTSTART:20261001T233000Z", "DURATION:PT1H"))).toEqual([
      "2026-10-01",
      "2026-10-02",
    ]);
  });

  it("have its summary as their name, unfolded and unescaped, and the first one of a day wins", () => {
    const text = aText(
      ...anEvent("DTSTART;VALUE=DATE:20261001", "SUMMARY:National", "  Day\\, a holiday"),
      ...anEvent("DTSTART;VALUE=DATE:20261001", "SUMMARY:Another"),
      ...anEvent("DTSTART;VALUE=DATE:20261002"),
    );

    expect(icsDates(text)).toEqual([
      { date: "2026-10-01", name: "National Day, a holiday" },
      { date: "2026-10-02", name: null },
    ]);
  });

  it("leave out what was canceled, and what stands outside events", () => {
    const alarm = ["BEGIN:VALARM", "TRIGGER:-PT15M", "END:VALARM"];
    const zone = ["BEGIN:VTIMEZONE", "TZID:X", "BEGIN:STANDARD", "DTSTART:19700101T000000"];

    expect(
      datesOf(
        ...zone,
        "END:STANDARD",
        "END:VTIMEZONE",
        ...anEvent("DTSTART;VALUE=DATE:20261001", "STATUS:CANCELLED"),
        ...anEvent("DTSTART;VALUE=DATE:20261002", ...alarm),
      ),
    ).toEqual(["2026-10-02"]);
  });
});

describe("a recurrence", () => {
  it.each([
    ["FREQ=YEARLY;COUNT=3", "20261225", ["2026-12-25", "2027-12-25", "2028-12-25"]],
    ["FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2", "20261126", ["2026-11-26", "2027-11-25"]],
    ["FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=2", "20260525", ["2026-05-25", "2027-05-31"]],
    ["FREQ=YEARLY;BYYEARDAY=-1;COUNT=2", "20261231", ["2026-12-31", "2027-12-31"]],
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=2", "20240229", ["2024-02-29", "2028-02-29"]],
    ["FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "20260131", ["2026-01-31", "2026-03-31", "2026-05-31"]],
    [
      "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2",
      "20260130",
      ["2026-01-30", "2026-02-27"],
    ],
    ["FREQ=MONTHLY;INTERVAL=6;COUNT=2", "20260630", ["2026-06-30", "2026-12-30"]],
    ["FREQ=WEEKLY;UNTIL=20260116", "20260102", ["2026-01-02", "2026-01-09", "2026-01-16"]],
    [
      "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO;COUNT=4",
      "19970805",
      ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
    ],
    [
      "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4",
      "19970805",
      ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
    ],
    ["FREQ=DAILY;INTERVAL=10;COUNT=2", "20260130", ["2026-01-30", "2026-02-09"]],
  ])("%s", (rule, start, dates) => {
    expect(recurring(start, rule)).toEqual(dates);
  });

  it("is followed up to the end of 2040", () => {
    const dates = recurring("20260101", "FREQ=YEARLY");

    expect(dates).toHaveLength(15);
    expect(dates.at(-1)).toBe("2040-01-01");
  });

  it("leaves out exceptions, and takes in added and moved days", () => {
    const dates = datesOf(
      ...anEvent(
        "UID:1",
        "DTSTART;VALUE=DATE:20260101",
        "RRULE:FREQ=YEARLY;COUNT=4",
        "EXDATE;VALUE=DATE:20270101",
        "RDATE;VALUE=DATE:20260704",
      ),
      ...anEvent("UID:1", "RECURRENCE-ID;VALUE=DATE:20280101", "DTSTART;VALUE=DATE:20280103"),
    );

    expect(dates).toEqual(["2026-01-01", "2026-07-04", "2028-01-03", "2029-01-01"]);
  });

  it.each([
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
    "FREQ=YEARLY;INTERVAL=1000000000",
    "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
  ])("that never comes again ends: %s", (rule) => {
    expect(recurring("20260115", rule)).toEqual(["2026-01-15"]);
  });
});

describe("a text that cannot be read is refused with its line", () => {
  it.each([
    ["", "Line 1: The text is empty."],
    ["hello", "Line 1: Expected BEGIN:VCALENDAR."],
    [aText(...anEvent("DTSTART;VALUE=DATE:20260231")), 'Line 4: "2026-02-31" is no date'],
    [aText(...anEvent("DTSTART:2026")), "Line 4:"],
    [aText(...anEvent("DTSTART;VALUE=DATE:19690101")), "Line 4:"],
    [aText(...anEvent("SUMMARY:x")), "Line 3: The event has no DTSTART."],
    [aText(...anEvent("nonsense")), "Line 4: It is no property of an event"],
    [aText("BEGIN:VEVENT"), "Line 4: END:VCALENDAR ends nothing"],
    [aText("END:VEVENT"), "Line 3: END:VEVENT ends nothing"],
    ["BEGIN:VCALENDAR", "Line 1: BEGIN:VCALENDAR has no END."],
    [
      aText(...anEvent("DTSTART;VALUE=DATE:20260102", "DTEND;VALUE=DATE:20260101")),
      "Line 5: The event ends before it begins.",
    ],
    [
      aText(...anEvent("DTSTART;VALUE=DATE:20260102", "RRULE:FREQ=HOURLY")),
      "Line 5: FREQ of a rule must be one of",
    ],
    [
      aText(...anEvent("DTSTART;VALUE=DATE:20260102", "RRULE:FREQ=YEARLY;BYWEEKNO=1")),
      "Line 5: BYWEEKNO of a rule is not supported.",
    ],
    [
      aText(...anEvent("DTSTART;VALUE=DATE:20260102", "RRULE:FREQ=WEEKLY;BYDAY=2MO")),
      'Line 5: "2MO" is no day here.',
    ],
    [
      aText(...anEvent("DTSTART;VALUE=DATE:20260102", "RRULE:FREQ=DAILY")),
      "Line 3: There are more than 5000 days.",
    ],
    [
      aText(...anEvent("DTSTART;VALUE=DATE:20260102", "DURATION:P9999D")),
      "Line 5: The event lasts",
    ],
  ])("%#", (text, message) => {
    expect(faultOf(text)).toContain(message);
  });
});

test("no text of 256 KiB takes longer than a moment", () => {
  const filled = (...event: readonly string[]): string => {
    const one = anEvent(...event);
    return aText(
      ...Array.from({ length: Math.floor(250_000 / one.join("\r\n").length) }, () => one).flat(),
    );
  };
  const start = "DTSTART;VALUE=DATE:19700101";
  const texts = [
    filled(start, "RRULE:FREQ=DAILY;BYMONTHDAY=31;BYMONTH=2,4,6"),
    filled(start, "RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366"),
    filled(start, "DURATION:P3000D"),
    filled("DTSTART;VALUE=DATE:20260101"),
    `BEGIN:VCALENDAR\n${"BEGIN:X\n".repeat(30_000)}`,
    aText(...anEvent(start, `SUMMARY:a${"\r\n a".repeat(60_000)}`)),
    aText(...anEvent(start, `EXDATE;VALUE=DATE:${Array(500).fill("19700101").join(",")}`)),
  ];

  for (const text of texts) {
    const startedMs = performance.now();
    try {
      icsDates(text);
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal);
    }
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  }
});
