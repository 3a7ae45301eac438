import { expect, test } from "vitest";
import { caseText } from "./cron-case.ts";
import { cronCheck } from "./cron-check.ts";
import { shrink } from "./shrink.ts";

/** The long form is `npm run cron-check`. */
test("the engine agrees with the brute force in every zone, at changes of the clocks and elsewhere", () => {
  const result = cronCheck({ seed: 1, cases: 3_000, changesPerZone: 2, pastPerZone: 0 });

  const said = result.differences.slice(0, 1).map((difference) => {
    const { drawn, text } = shrink(difference);
    return `${caseText(drawn)}: ${text}`;
  });
  expect(said).toEqual([]);
  expect(result.zones.size).toBe(Intl.supportedValuesOf("timeZone").length);
  expect([...result.rules.keys()].toSorted()).toEqual([
    "a day that does not exist is skipped",
    "fold: runs both times",
    "fold: runs the first time only",
    "fold: runs the last time only",
    "gap: runs at the first instant after",
    "gap: skipped",
    "match",
  ]);
}, 120_000);
