/**
 * Goal: two days without the host leave a ledger in which every tick has one true fate, by each policy.
 * Method: the standalone host itself, stopped and started again on its folder with its clock set on by
 * two days; what is expected is worked out here by hand.
 */
import { expect, test } from "vitest";
import { rehearseOutage, type LedgerLine } from "../support/outage.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const HOUR_MS = 3_600_000;
/** The tick that fired before the outage. */
const FIRST_MS = Date.UTC(2026, 10, 20, 10);
const hour = (n: number): string => new Date(FIRST_MS + n * HOUR_MS).toISOString();

test("two days without the host leave one true fate for each tick, by each policy, and words for it", async () => {
  const { ledgers, explained } = await rehearseOutage(scratchFolder());

  expect(missed(ledgers["misfire-skip"])).toEqual([`${hour(1)}..${hour(47)} 47 skipped misfire`]);
  expect(missed(ledgers["misfire-latest"])).toEqual([
    `${hour(1)}..${hour(42)} 42 skipped misfire`,
    `${hour(43)}..${hour(46)} 4 coalesced`,
    `${hour(47)} fired`,
  ]);
  expect(missed(ledgers["misfire-all"])).toEqual([
    `${hour(1)}..${hour(24)} 24 skipped misfire`,
    `${hour(25)}..${hour(42)} 18 skipped misfire`,
    ...[43, 44, 45, 46, 47].map((n) => `${hour(n)} fired`),
  ]);
  expect(missed(ledgers["workdays"])).toEqual([
    `${hour(1)}..${hour(12)} 12 coalesced`,
    `${hour(13)} fired`,
    `${hour(14)}..${hour(47)} 34 skipped calendar`,
  ]);
  expect(missed(ledgers["paused"])).toEqual([`${hour(1)}..${hour(47)} 47 skipped paused`]);

  const fates = explained.map(({ disposition, reason }) => `${disposition} ${reason ?? ""}`.trim());
  expect(new Set(fates)).toEqual(
    new Set([
      "fired",
      "coalesced",
      "skipped misfire",
      "skipped overlap",
      "skipped calendar",
      "skipped paused",
      "dropped limit",
    ]),
  );
  for (const { nominalAt, en, zh } of explained) {
    expect(en).toContain(nominalAt);
    expect(zh).toContain(nominalAt);
  }
});

/** The lines of the ticks that were due while the host was down. */
function missed(lines: readonly LedgerLine[] = []): readonly string[] {
  return lines
    .filter(({ nominalAt }) => nominalAt >= hour(1) && nominalAt <= hour(47))
    .map(({ nominalAt, to, count, disposition, reason }) => {
      const span = to === undefined ? nominalAt : `${nominalAt}..${to} ${count}`;
      return `${span} ${disposition} ${reason ?? ""}`.trim();
    });
}
