import { expect, it } from "vitest";
import { playEtl } from "../support/etl/etl-story.ts";

it("loses and doubles no step while the host is killed three times", async () => {
  const report = await playEtl({ host: "node", runs: 4 });

  expect(report.violations, report.story.join("\n")).toEqual([]);
  expect(report.counts).toMatchObject({ workflowRuns: 4, subWorkflowRuns: 4 });
}, 180_000);
