import { expect, it } from "vitest";
import { changeText, newerThan, readBatch } from "../../src/adapters/run-journal.ts";
import type { Run } from "../../src/core/run.ts";
import { aStoredRun } from "../support/stored-rows.ts";

const BEFORE = aStoredRun({ version: 1 });
/** No two of its values are alike, so that none can stand in the place of another. */
const CHANGED: Run = aStoredRun({
  version: 7,
  phase: { state: "failed", attempt: 3, endedMs: 90 },
  startedMs: 80,
  attempts: [
    {
      attempt: 3,
      send: 2,
      node: "http://node.example",
      sentMs: 81,
      answeredMs: 82,
      outcome: "failed",
      status: 503,
      error: { message: "no", code: "busy" },
      phases: { connect: 1.5, ttfb: 2.5 },
      callbackDigest: "digest",
      late: true,
    },
  ],
  result: { a: 1 },
  resultTruncated: true,
  error: { message: "never", code: "gone" },
  cancelReason: "because",
  cancelRequestedMs: 83,
  progress: { percent: 40, message: "nearly", atMs: 84 },
  tally: { total: 4, succeeded: 1, failed: 2, canceled: 0, failedSlices: [1, 3] },
});

it("a change laid over the run before is the run after", () => {
  expect(told(changeText(CHANGED))).toEqual(CHANGED);
  expect(newerThan(CHANGED, changes(changeText(CHANGED)))).toBeUndefined();
});

it("what a run has come to no more is not there after the change", () => {
  const cleared = aStoredRun({ version: 8, result: null, error: null, progress: null });
  expect(newerThan(CHANGED, changes(changeText(cleared)))).toEqual(cleared);
});

it("a change with names, as journals of earlier folders have it, is read as well", () => {
  const { id, version, phase, attempts, startedMs, error, result } = CHANGED;
  const named = { id, version, phase, attempts, startedMs, error, result };
  expect(told(JSON.stringify(named))).toEqual({ ...BEFORE, ...named });
});

function changes(text: string) {
  const [change = BEFORE] = readBatch(`[${text}]`).runs;
  return change;
}

function told(text: string): Run | undefined {
  return newerThan(BEFORE, changes(text));
}
