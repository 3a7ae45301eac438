import { expect, it } from "vitest";
import { runKillTest } from "../support/kill-run.ts";

/** Drawn anew each time; the message of a failure names it. */
const seed = Date.now() % 1_000_000;

it("nothing acknowledged is lost or doubled when the host is killed under load", async () => {
  const report = await runKillTest({ host: "node", kills: 2, jobs: 60, seed });

  expect(report.violations, `seed ${seed}`).toEqual([]);
  const { counts } = report;
  expect(counts["fired"] ?? 0).toBeGreaterThan((counts["nominal"] ?? 0) / 2);
  for (const bitten of ["oneShots", "runNows", "ended runs read twice"])
    expect(counts[bitten] ?? 0, bitten).toBeGreaterThan(0);
}, 60_000);
