import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INSTANT_LIMITS, instantMs } from "../../src/core/instant.ts";

describe("an instant as text", () => {
  test("every instant that can be named is read back", () => {
    fc.assert(
      fc.property(fc.nat(INSTANT_LIMITS.msMax), (ms) => {
        expect(instantMs(new Date(ms).toISOString())).toBe(ms);
      }),
    );
  });

  test.each([
    ["2026-05-01T02:00:00+02:00", Date.UTC(2026, 4, 1)],
    ["2026-04-30T18:30:00-05:30", Date.UTC(2026, 4, 1)],
    ["2026-05-01t00:00:00z", Date.UTC(2026, 4, 1)],
    ["2026-05-01T00:00:00.123999Z", Date.UTC(2026, 4, 1) + 123],
    ["2026-05-01T00:00:00.5Z", Date.UTC(2026, 4, 1) + 500],
    ["2028-02-29T00:00:00Z", Date.UTC(2028, 1, 29)],
  ])("%s is read", (text, expected) => {
    expect(instantMs(text)).toBe(expected);
  });

  test.each([
    "",
    "2026-05-01",
    "2026-05-01T00:00:00",
    "2026-05-01 00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-05-01T24:00:00Z",
    "2026-05-01T00:00:60Z",
    "2026-05-01T00:00:00+24:00",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59-01:00",
    "+002026-05-01T00:00:00Z",
  ])("%j is none", (text) => {
    expect(instantMs(text)).toBeUndefined();
  });
});
