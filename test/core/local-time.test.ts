import { describe, expect, test } from "vitest";
import {
  dayPiece,
  hasDay,
  instantsOf,
  localDay,
  passedMs,
  reachedMs,
} from "../../src/core/local-time.ts";
import { zoneOf, type Zone } from "../../src/core/zone.ts";

const HOUR_MS = 3_600_000;
const STOCKHOLM = zone("Europe/Stockholm"); // 02:00 to 03:00 and back at 01:00 UTC.
const NEWFOUNDLAND = zone("America/St_Johns"); // 00:01 back to 23:01 on 7 November 2010.
const APIA = zone("Pacific/Apia"); // No 30 December 2011.

describe("the instants of a wall time", () => {
  const shift = { gap: "shift", fold: "first" } as const;

  test("is one where the clocks go on", () => {
    expect(instantsOf(STOCKHOLM, at("2026-05-01T12:00:00Z"), shift)).toEqual([
      at("2026-05-01T10:00:00Z"),
    ]);
  });

  test.each([
    ["shift", ["2026-03-29T01:00:00Z"]],
    ["skip", []],
  ] as const)("of a gap, by the rule %s", (gap, expected) => {
    const found = instantsOf(STOCKHOLM, at("2026-03-29T02:30:00Z"), { gap, fold: "first" });
    expect(found).toEqual(expected.map(at));
  });

  test.each([
    ["first", ["2026-10-25T00:30:00Z"]],
    ["last", ["2026-10-25T01:30:00Z"]],
    ["both", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]],
  ] as const)("of a fold, by the rule %s", (fold, expected) => {
    const found = instantsOf(STOCKHOLM, at("2026-10-25T02:30:00Z"), { gap: "skip", fold });
    expect(found).toEqual(expected.map(at));
  });

  test("of a day that does not exist are none, whatever the rule", () => {
    expect(instantsOf(APIA, at("2011-12-30T12:00:00Z"), shift)).toEqual([]);
  });
});

describe("the edges of a wall time", () => {
  test("are one instant where the clocks go on, and at the end of a gap", () => {
    for (const wall of ["2026-05-01T00:00:00Z", "2026-03-29T02:30:00Z"].map(at))
      expect(reachedMs(STOCKHOLM, wall)).toBe(passedMs(STOCKHOLM, wall));
    expect(reachedMs(STOCKHOLM, at("2026-03-29T02:30:00Z"))).toBe(at("2026-03-29T01:00:00Z"));
  });

  test("are an hour apart where a midnight comes twice", () => {
    const midnight = at("2010-11-07T00:00:00Z");
    const first = reachedMs(NEWFOUNDLAND, midnight);

    expect(first).toBe(at("2010-11-07T02:30:00Z"));
    expect(passedMs(NEWFOUNDLAND, midnight)).toBe(first + HOUR_MS);
    expect(localDay(NEWFOUNDLAND, first)).toBe(localDay(NEWFOUNDLAND, first + HOUR_MS));
    expect(localDay(NEWFOUNDLAND, first + 60_000)).toBe(localDay(NEWFOUNDLAND, first) - 1);
  });
});

describe("local days", () => {
  test("exist, but for those that a zone leaves out", () => {
    const day = at("2011-12-30T00:00:00Z") / (24 * HOUR_MS);

    expect([day - 1, day, day + 1].map((local) => hasDay(APIA, local))).toEqual([
      true,
      false,
      true,
    ]);
  });

  test("have one piece, or several with a change of the clocks in them", () => {
    const noon = at("2026-05-01T12:00:00Z");
    const change = at("2026-03-29T01:00:00Z");

    expect(dayPiece(STOCKHOLM, noon)).toEqual({
      day: Math.floor(noon / (24 * HOUR_MS)),
      fromMs: at("2026-04-30T22:00:00Z"),
      untilMs: at("2026-05-01T22:00:00Z"),
    });
    expect(dayPiece(STOCKHOLM, change - 1).untilMs).toBe(change);
    expect(dayPiece(STOCKHOLM, change)).toEqual({
      day: Math.floor(change / (24 * HOUR_MS)),
      fromMs: change,
      untilMs: at("2026-03-29T22:00:00Z"),
    });
  });
});

function zone(name: string): Zone {
  const found = zoneOf(name);
  if (found === undefined) throw new Error(`this runtime does not know ${name}`);
  return found;
}

function at(text: string): number {
  return Date.parse(text);
}
