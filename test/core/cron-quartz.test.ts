import { describe, expect, test } from "vitest";
import { compileCron } from "../../src/core/cron.ts";
import { Refusal } from "../../src/core/refusal.ts";

const FRIDAY_MS = Date.parse("2026-05-01T00:00:00Z");

describe("what Quartz has", () => {
  test.each([
    ["5/15 * * * * ?", ["2026-05-01T00:00:05Z", "2026-05-01T00:00:20Z"]],
    ["/20 * * * * ?", ["2026-05-01T00:00:20Z", "2026-05-01T00:00:40Z"]],
    ["0 5/15 * * * ?", ["2026-05-01T00:05:00Z", "2026-05-01T00:20:00Z"]],
    ["0 0 9 10/10 * ?", ["2026-05-10T09:00:00Z", "2026-05-20T09:00:00Z"]],
    ["0 0 9 ? * 2/2", ["2026-05-01T09:00:00Z", "2026-05-04T09:00:00Z"]],
    ["0 0 9 ? 3/3 1#1", ["2026-06-07T09:00:00Z", "2026-09-06T09:00:00Z"]],
    ["0 0 9 ? * 6#3", ["2026-05-15T09:00:00Z", "2026-06-19T09:00:00Z"]],
    ["0 0 9 ? * FRI#3", ["2026-05-15T09:00:00Z", "2026-06-19T09:00:00Z"]],
    ["0 0 9 ? * FRIL", ["2026-05-29T09:00:00Z", "2026-06-26T09:00:00Z"]],
    ["0 0 9 ? * 6L", ["2026-05-29T09:00:00Z", "2026-06-26T09:00:00Z"]],
    ["0 0 9 ? * L", ["2026-05-02T09:00:00Z", "2026-05-09T09:00:00Z"]],
    ["0 0 9 15W * ?", ["2026-05-15T09:00:00Z", "2026-06-15T09:00:00Z"]],
    ["0 0 9 1W 8 ?", ["2026-08-03T09:00:00Z", "2027-08-02T09:00:00Z"]],
    ["0 0 9 LW * ?", ["2026-05-29T09:00:00Z", "2026-06-30T09:00:00Z"]],
    ["0 0 9 L * ?", ["2026-05-31T09:00:00Z", "2026-06-30T09:00:00Z"]],
    ["0 0 9 ? * MON,WED,FRI", ["2026-05-01T09:00:00Z", "2026-05-04T09:00:00Z"]],
    ["0 0 9 ? JAN-MAR,JUN MON", ["2026-06-01T09:00:00Z", "2026-06-08T09:00:00Z"]],
    ["0 0 9 1 1 ? 2028-2030", ["2028-01-01T09:00:00Z", "2029-01-01T09:00:00Z"]],
    ["0 0 9 1 1 ? 2027,2031", ["2027-01-01T09:00:00Z", "2031-01-01T09:00:00Z"]],
    ["0 0 9 1 1 ? 2020/5", ["2030-01-01T09:00:00Z", "2035-01-01T09:00:00Z"]],
    ["0 0 9 1 1 ? */4", ["2030-01-01T09:00:00Z", "2034-01-01T09:00:00Z"]],
    ["0 0 22-4 ? * *", ["2026-05-01T01:00:00Z", "2026-05-01T02:00:00Z"]],
    ["0 50-10/10 * * * ?", ["2026-05-01T00:10:00Z", "2026-05-01T00:50:00Z"]],
    ["0 0 9 25-3/2 * ?", ["2026-05-02T09:00:00Z", "2026-05-25T09:00:00Z"]],
    ["0 0 9 ? * SAT-MON", ["2026-05-02T09:00:00Z", "2026-05-03T09:00:00Z"]],
  ])("%s", (cron, expected) => {
    const ticks = ticksOf(cron);
    const first = ticks.nextAfter(FRIDAY_MS) ?? Number.NaN;
    const second = ticks.nextAfter(first) ?? Number.NaN;

    expect([first, second].map((ms) => new Date(ms).toISOString().replace(".000", ""))).toEqual(
      expected,
    );
  });

  test.each([
    ["0 0 9 L-3 * ?", /counted back from the last one/],
    ["0 0 9 LW-2 * ?", /no quartz pattern/],
    ["0 0 9 ? * MON,L", /without its weekday/],
    ["0 0 9 ? * 8", /counts from 1, Sunday/],
    ["0 0 9 ? * 6#6", /out of range/],
    ["0 0 9 15 * MON", /does not combine/],
    ["0 0/0 * * * ?", /stepping: 0/],
    ["0 0 0/25 * * ?", /steps/],
    ["0 0 9 C * ?", /illegal characters/],
    ["0 0 9 1 1 ? 2030-2027", /larger than/],
  ])("but not %s", (cron, reason) => {
    expect(() => ticksOf(cron)).toThrow(Refusal);
    expect(() => ticksOf(cron)).toThrow(reason);
  });
});

describe("a rewrite", () => {
  test.each([
    ["0 0 22-4 ? * L */3", ["22-4 -> 22-23,0-4", "L -> SAT", "*/3 -> 1970-9999/3"]],
    ["0 5,50-10 * ? NOV-FEB *", ["50-10 -> 50-59,0-10", "NOV-FEB -> 11-12,1-2"]],
    ["0 0 9 ? * MON-FRI", []],
  ])("of %s is told", (cron, expected) => {
    const { rewrites } = ticksOf(cron);

    expect(rewrites.map(({ from, to }) => `${from} -> ${to}`)).toEqual(expected);
    for (const { reason } of rewrites) expect(reason).toMatch(/^[A-Z].*\.$/);
  });

  test("of a shorthand is told as well", () => {
    const spec = { timezone: "UTC", dst: { gap: "shift", fold: "first" } } as const;
    const { rewrites } = compileCron({ cron: "@Daily", dialect: "standard", ...spec });

    expect(rewrites).toEqual([{ from: "@Daily", to: "0 0 * * *", reason: "It is a shorthand." }]);
  });
});

function ticksOf(cron: string): ReturnType<typeof compileCron> {
  const dst = { gap: "shift", fold: "first" } as const;
  return compileCron({ cron, dialect: "quartz", timezone: "UTC", dst });
}
