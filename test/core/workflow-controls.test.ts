import { describe, expect, test } from "vitest";
import { controlsTable, writtenTable } from "../support/workflow-controls.ts";
import { stages } from "../support/workflow-stages.ts";

describe("the controls of workflow runs", () => {
  test("do what the table in ARCHITECTURE.md says: node test/support/write-controls.main.ts", () => {
    expect(writtenTable()).toBe(controlsTable());
  });

  test("are tried in every state of a run, paused and not", () => {
    expect([...stages().keys()]).toEqual([
      "waiting",
      "waiting, paused",
      "running",
      "running, paused",
      "ending (timed_out)",
      "ending (canceled)",
      "ending (canceled), paused",
      "compensating (failed)",
      "compensating (failed), paused",
      "succeeded",
      "failed",
      "timed_out",
      "canceled",
    ]);
  });

  test("are tried in every state of a step", () => {
    const running = stages().get("running")?.().steps ?? new Map<string, string>();

    expect([...running.keys()].toSorted()).toEqual([
      "canceled",
      "failed",
      "pending",
      "running",
      "skipped",
      "succeeded",
      "waiting (approval)",
      "waiting (sleep)",
    ]);
  });
});
