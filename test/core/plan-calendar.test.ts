import { describe, expect, test } from "vitest";
import { plan, type PlannedTick } from "../../src/core/plan.ts";
import { planMissed } from "../../src/core/plan-missed.ts";
import { aPlanInput, DAY, HOUR, T0 } from "../support/a-plan.ts";

const YOUNG = { graceMs: 5_000, maxAgeMs: 30 * DAY, maxCatchup: 3 } as const;

function days(nominals: readonly number[]): readonly number[] {
  return nominals.map((nominalMs) => (nominalMs - T0) / DAY);
}

function told({ nominalMs, count, disposition, reason }: PlannedTick): unknown[] {
  return [(nominalMs - T0) / DAY, count, disposition, reason];
}

describe("a tick on a closed day", () => {
  test("is skipped for the calendar, whose version is kept", () => {
    const input = aPlanInput({ every: "1d", onWeekdays: true, nowMs: T0 + DAY });

    expect(plan(input)).toMatchObject({
      fires: [],
      ticks: [
        {
          disposition: "skipped",
          reason: "calendar",
          evidence: { jobVersion: 3, calendar: { name: "weekdays", version: 4 } },
        },
      ],
      cursorMs: T0 + DAY,
    });
  });

  test("is no obstacle for the open ones around it", () => {
    const misfire = { ...YOUNG, policy: "latest", graceMs: 30 * DAY } as const;
    const input = aPlanInput({ every: "12h", onWeekdays: true, misfire, nowMs: T0 + 4 * DAY });
    const planned = plan(input);

    expect(days(planned.fires.map(({ nominalMs }) => nominalMs))).toEqual([2.5, 3, 3.5, 4]);
    expect(planned.ticks.map(told)).toEqual([[0.5, 4, "skipped", "calendar"]]);
  });
});

describe("missed ticks with closed days among them", () => {
  const nowMs = T0 + 10 * DAY + HOUR; // A Monday, 1 p.m.

  test("of the latest: the newest open one runs for the open ones, and the closed ones say so", () => {
    const misfire = { ...YOUNG, policy: "latest" } as const;
    const planned = plan(aPlanInput({ every: "1d", onWeekdays: true, misfire, nowMs }));

    expect(days(planned.fires.map(({ nominalMs }) => nominalMs))).toEqual([10]);
    expect(planned.ticks.map(told)).toEqual([
      [1, 2, "skipped", "calendar"],
      [3, 5, "coalesced", null],
      [8, 2, "skipped", "calendar"],
    ]);
  });

  test("of all: the newest open ones run, whatever lies between them", () => {
    const misfire = { ...YOUNG, policy: "all" } as const;
    const planned = plan(aPlanInput({ every: "1d", onWeekdays: true, misfire, nowMs }));

    expect(days(planned.fires.map(({ nominalMs }) => nominalMs))).toEqual([6, 7, 10]);
    expect(planned.ticks.map(told)).toEqual([
      [1, 2, "skipped", "calendar"],
      [3, 3, "skipped", "misfire"],
      [8, 2, "skipped", "calendar"],
    ]);
  });

  test("are too old in the middle of an open stretch, and young from there on", () => {
    const misfire = { ...YOUNG, policy: "latest", maxAgeMs: 5 * DAY + 2 * HOUR } as const;
    const planned = plan(aPlanInput({ every: "1d", onWeekdays: true, misfire, nowMs }));

    expect(planned.ticks.map(told)).toEqual([
      [1, 2, "skipped", "calendar"],
      [3, 2, "skipped", "misfire"],
      [5, 3, "coalesced", null],
      [8, 2, "skipped", "calendar"],
    ]);
  });

  test.each(["skip", "all"] as const)("are the same in small steps as at once: %s", (policy) => {
    const misfire = { ...YOUNG, policy };
    const input = aPlanInput({ every: "1d", onWeekdays: true, misfire, nowMs });
    const untilMs = T0 + 10 * DAY;
    const whole = planMissed(input, untilMs, 100);
    const runs: number[] = [];
    const ticks: PlannedTick[] = [];
    let { cursorMs } = input;
    while (cursorMs < untilMs) {
      const step = planMissed({ ...input, cursorMs }, untilMs, 1);
      expect(step.cursorMs).toBeGreaterThan(cursorMs);
      ({ cursorMs } = step);
      runs.push(...step.runs);
      ticks.push(...step.ticks);
    }

    expect(runs).toEqual(whole.runs);
    expect(ticks).toEqual(whole.ticks);
  });

  test("are not said to have gone into a tick of a later step", () => {
    const misfire = { ...YOUNG, policy: "latest" } as const;
    const input = aPlanInput({ every: "1d", onWeekdays: true, misfire, nowMs });
    const first = planMissed(input, T0 + 10 * DAY, 2);

    expect(first).toMatchObject({ isComplete: false, runs: [], cursorMs: T0 + 7 * DAY });
    expect(first.ticks.map(told)).toEqual([
      [1, 2, "skipped", "calendar"],
      [3, 5, "skipped", "misfire"],
    ]);
  });
});
