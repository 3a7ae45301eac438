import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { durationMs, durationText } from "../../src/core/duration.ts";

describe("a duration", () => {
  test.each([
    ["0s", 0],
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["PT1M30S", 90_000],
    ["PT0.25S", 250],
    ["P1DT2H", 93_600_000],
    ["P2W", 1_209_600_000],
  ])("%j is %i ms", (text, ms) => expect(durationMs(text)).toBe(ms));

  test.each([
    "",
    "5",
    "s",
    "-1s",
    "+1s",
    "1.5s",
    " 1s",
    "1s ",
    "1S",
    "1 s",
    "1w",
    "1s1s",
    "1h30m",
    "1e3s",
    "٣s",
    "P",
    "PT",
    "P1D1W",
    "P1Y",
    "P1M",
    "PT1.5M",
    "PT1S1M",
    "P1DT",
    "999999999999999d",
    "9999999999999999ms",
    "constructor",
    "1constructor",
    "1toString",
  ])("%j is none", (text) => expect(durationMs(text)).toBeUndefined());
});

test("a text stands for the milliseconds that it was made of", () => {
  fc.assert(
    fc.property(fc.nat(1e15 - 1), (ms) => {
      expect(durationMs(durationText(ms))).toBe(ms);
    }),
  );
});

test("a text is in the largest unit that is whole", () => {
  expect([90_000, 120_000, 86_400_000, 1, 0].map(durationText)).toEqual([
    "90s",
    "2m",
    "1d",
    "1ms",
    "0ms",
  ]);
});

test("no text makes the parser fail or count wrongly", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^P?[\dTDHMSW.ms]{0,12}$/)), (text) => {
      const ms = durationMs(text);

      expect(ms === undefined || Number.isSafeInteger(ms)).toBe(true);
    }),
  );
});
