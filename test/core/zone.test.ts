import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { localText, wallText, zoneOf, type Zone } from "../../src/core/zone.ts";
import { offsetTable } from "../support/offset-table.ts";

const YEARS = { from: 1970, until: 2040 };
const FROM_MS = Date.UTC(1971, 0, 1);
const UNTIL_MS = Date.UTC(2039, 0, 1);

describe("the stretches of a zone", () => {
  test.each([
    "Europe/Stockholm",
    "America/Boa_Vista", // Two changes within a week.
    "Africa/Casablanca",
    "Africa/Cairo",
    "Africa/Monrovia", // 44 minutes and 30 seconds behind UTC until 1972.
    "Asia/Hebron",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kwajalein",
  ])("of %s begin at each change of the clocks", (name) => {
    const { changes } = offsetTable(name, YEARS);
    const expected = changes.map(({ atMs }) => atMs);

    expect(changesOf(known(name))).toEqual(
      expected.filter((atMs) => atMs > FROM_MS && atMs <= UNTIL_MS),
    );
  });

  test("hold the instant they are asked for, and its offset", () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
    const instants = fc.integer({ min: FROM_MS, max: UNTIL_MS });
    fc.assert(
      fc.property(zones, instants, (name, atMs) => {
        const { fromMs, untilMs, offsetMs } = known(name).stretchAt(atMs);

        expect(atMs >= fromMs && atMs < untilMs).toBe(true);
        expect(offsetMs).toBe(offsetNow(name, atMs));
        expect(offsetNow(name, fromMs)).toBe(offsetMs);
        expect(offsetNow(name, untilMs - 1_000)).toBe(offsetMs);
      }),
      { numRuns: 300 },
    );
  });

  test("cover all time without holes", () => {
    const zone = known("Europe/Stockholm");
    let stretch = zone.stretchAt(-8e15);
    for (let i = 0; i < 100; i++) {
      const next = zone.stretchAt(stretch.untilMs);
      expect(next.fromMs).toBe(stretch.untilMs);
      stretch = next;
    }
    expect(zone.stretchAt(8e15).untilMs).toBeGreaterThan(8e15);
    expect(known("utc").offsetMs(Number.MIN_SAFE_INTEGER)).toBe(0);
  });
});

test("local times are written with their offset, wall times without", () => {
  const atMs = Date.parse("2026-03-29T01:00:00Z");

  expect(localText(known("Europe/Stockholm"), atMs)).toBe("2026-03-29T03:00:00+02:00");
  expect(localText(known("America/St_Johns"), atMs)).toBe("2026-03-28T22:30:00-02:30");
  expect(wallText(atMs)).toBe("2026-03-29T01:00:00");
});

/** Where one stretch ends and the next one has another offset. */
function changesOf(zone: Zone): readonly number[] {
  const changes: number[] = [];
  let stretch = zone.stretchAt(FROM_MS);
  while (stretch.untilMs <= UNTIL_MS) {
    const next = zone.stretchAt(stretch.untilMs);
    if (next.offsetMs !== stretch.offsetMs) changes.push(next.fromMs);
    stretch = next;
  }
  return changes;
}

function known(name: string): Zone {
  const zone = zoneOf(name);
  if (zone === undefined) throw new Error(`no zone ${name}`);
  return zone;
}

/** By another way of asking the runtime. */
function offsetNow(timeZone: string, atMs: number): number {
  const wholeMs = Math.floor(atMs / 1_000) * 1_000;
  const text = new Date(wholeMs).toLocaleString("sv-SE", { timeZone });
  return Date.parse(`${text.replace(" ", "T")}Z`) - wholeMs;
}
