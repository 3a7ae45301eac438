import fc from "fast-check";
import { expect, test } from "vitest";
import { compileSchedule, countTicks, ticksBetween } from "../../src/core/schedule.ts";
import { aCase } from "../support/cron-cases.ts";
import { referenceTicks } from "../support/cron-reference.ts";
import { CRON_DEFAULTS } from "../support/specs.ts";

test("a pattern's ticks are counted as the brute force counts them, around changes of the clocks too", () => {
  fc.assert(
    fc.property(aCase(), ({ pattern, fromMs, untilMs }) => {
      const schedule = compileSchedule({ kind: "cron", ...CRON_DEFAULTS, ...pattern });
      const { ticks } = referenceTicks(pattern, fromMs, untilMs);

      expect(countTicks(schedule, { afterMs: fromMs - 1, untilMs })).toBe(ticks.length);
    }),
    { numRuns: 300 },
  );
});

test("counting in two pieces equals counting in one, wherever the cut lies", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(aCase(), share, ({ pattern, fromMs, untilMs }, at) => {
      const schedule = compileSchedule({ kind: "cron", ...CRON_DEFAULTS, ...pattern });
      const cutMs = Math.floor(fromMs + (untilMs - fromMs) * at);
      const first = countTicks(schedule, { afterMs: fromMs, untilMs: cutMs });
      const second = countTicks(schedule, { afterMs: cutMs, untilMs });
      const listed = ticksBetween(schedule, { afterMs: fromMs, untilMs, limit: 10_000 });

      expect(first + second).toBe(listed.ticks.length);
    }),
    { numRuns: 300 },
  );
});
