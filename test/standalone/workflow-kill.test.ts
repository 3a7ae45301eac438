import { expect, it } from "vitest";
import { runWorkflowKill } from "../support/workflow-kill/run-workflow-kill.ts";

/** Drawn anew each time; the message of a failure names it. */
const seed = Date.now() % 1_000_000;

it("no step is lost or doubled when the host is killed under workflows", async () => {
  const report = await runWorkflowKill({ host: "node", kills: 2, runs: 40, seed });

  expect(report.violations, `seed ${seed}`).toEqual([]);
  const { counts } = report;
  for (const bitten of ["parts begun", "started", "events", "ticks fired", "keys repeated"])
    expect(counts[bitten] ?? 0, bitten).toBeGreaterThan(0);
}, 60_000);
