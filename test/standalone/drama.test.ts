import { expect, it } from "vitest";
import { playDrama } from "../support/drama/drama.ts";

it("loses and doubles nothing while its executors are killed, drained, cut off and changed", async () => {
  const report = await playDrama({ host: "node", isWhole: false });

  expect(report.violations, report.story.join("\n")).toEqual([]);
  for (const told of ["ticks fired", "runs tried again", "runs over all items"])
    expect(report.counts[told] ?? 0, told).toBeGreaterThan(0);
}, 180_000);
