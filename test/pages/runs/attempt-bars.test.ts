import { expect, test } from "vitest";
import { runJson, type RunJson } from "../../../src/api/run-json.ts";
import { waterfallOf } from "../../../web/src/pages/runs/attempt-bars.ts";
import { aRun } from "../../support/a-run.ts";

const NOMINAL = Date.UTC(2027, 0, 1, 2);

function at(ms: number): string {
  return new Date(NOMINAL + ms).toISOString();
}

function attempt(changes: Partial<RunJson["attempts"][number]>): RunJson["attempts"][number] {
  return {
    attempt: 1,
    send: 1,
    node: null,
    sentAt: at(0),
    answeredAt: null,
    outcome: "failed",
    status: null,
    error: null,
    phases: null,
    late: false,
    ...changes,
  };
}

function runOf(attempts: RunJson["attempts"], endedMs: number | null): RunJson {
  const endedAt = endedMs === null ? null : at(endedMs);
  return { ...runJson(aRun()), nominalAt: at(0), attempts, endedAt };
}

function partsOf(run: RunJson, nowMs = 0): unknown {
  const { bars } = waterfallOf(run, NOMINAL + nowMs);
  return bars.map(({ parts }) => parts.map(({ name, fromMs, toMs }) => [name, fromMs, toMs]));
}

test("phases are marks since the request began, and become the parts between them", () => {
  const phases = { connect: 10, total: 95, ttfb: 90 };
  const answered = attempt({ sentAt: at(400), answeredAt: at(500), status: 503, phases });
  expect(partsOf(runOf([answered], 500))).toEqual([
    [
      ["lag", 0, 400],
      ["connect", 400, 410],
      ["ttfb", 410, 490],
      ["total", 490, 495],
    ],
  ]);
});

test("the pause before a retry is a part of the next attempt", () => {
  const first = attempt({ sentAt: at(0), answeredAt: at(100) });
  const second = attempt({ attempt: 2, sentAt: at(2_100), answeredAt: at(2_200) });
  const run = runOf([first, second], 2_200);
  expect(partsOf(run)).toEqual([
    [["whole", 0, 100]],
    [
      ["pause", 100, 2_100],
      ["whole", 2_100, 2_200],
    ],
  ]);
  expect(waterfallOf(run, 0).spanMs).toBe(2_200);
});

test("what an executor has accepted works until now", () => {
  const accepted = attempt({ outcome: "accepted", status: 202 });
  expect(partsOf(runOf([accepted], null), 5_000)).toEqual([[["work", 0, 5_000]]]);
});

test("an attempt that was sent before the planned time begins the axis", () => {
  const early = attempt({ sentAt: at(-50), answeredAt: at(50) });
  expect(waterfallOf(runOf([early], 50), 0).startMs).toBe(NOMINAL - 50);
});
