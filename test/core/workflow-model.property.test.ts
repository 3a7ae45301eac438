import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aWorkflowCase, EMPTY_SPEC } from "../support/workflow-cases.ts";
import { playWorkflow, type Coverage } from "../support/workflow-play.ts";

const CASES = 4_000;
/** Longer than the case in which machine and model part takes to shrink. */
const PATIENCE_MS = 120_000;

const CONTROLS = [
  "pause",
  "resume",
  "cancel",
  "retry",
  "skip",
  "succeed",
  "approve",
  "reject",
  "event",
] as const;
const PHASES = [
  "waiting",
  "running",
  "running, paused",
  "ending",
  "compensating",
  "succeeded",
  "failed",
  "timed_out",
  "canceled",
] as const;
const STEP_STATES = [
  "pending",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "skipped",
  "canceled",
] as const;

describe("the workflow machine", () => {
  test(
    "does what an independent model says, whatever happens to a run of whatever workflow",
    () => {
      const coverage: Coverage = new Map();

      fc.assert(
        fc.property(aWorkflowCase(), (drawn) => playWorkflow(drawn, coverage)),
        { numRuns: CASES },
      );

      const met = new Set([...coverage.keys()].map((word) => word.replace(/: .*/, "")));
      const runs = CONTROLS.flatMap((control) => PHASES.map((phase) => `${control} in ${phase}`));
      const steps = CONTROLS.slice(3, 8).flatMap((control) =>
        STEP_STATES.map((state) => `${control} of ${state} in running`),
      );
      expect([...runs, ...steps].filter((word) => !met.has(word))).toEqual([]);
    },
    PATIENCE_MS,
  );

  test.each([2, 3])("agrees with it about %i tasks that give much together", (total) => {
    const run = { executor: "orders", handler: "work" };
    const tasks = Array.from({ length: total }, () => ({ run }));
    const spec = { ...EMPTY_SPEC, steps: [{ name: "s0", tasks }] };
    const output = { long: "x".repeat(400_000) };
    const end = { kind: "end", afterMs: 0, pick: 0, state: "succeeded", output } as const;
    const moves = tasks.map(() => ({ ...end, context: null }));

    expect(() => playWorkflow({ spec, moves, waits: 0, revision: 1 }, new Map())).not.toThrow();
  });

  test("agrees with it about as many events as a run keeps, and one more", () => {
    const spec = { ...EMPTY_SPEC, steps: [{ name: "s0", waitFor: { event: "sent" } }] };
    const event = { kind: "event", afterMs: 0, name: "paid", data: null } as const;
    const moves = Array.from({ length: 101 }, () => event);
    const coverage: Coverage = new Map();

    expect(() => playWorkflow({ spec, moves, waits: 0, revision: 1 }, coverage)).not.toThrow();
    expect(coverage.get("event in running: ok")).toBe(100);
  });

  test.each([0, 1])("agrees with it about an event %i ms older than looked back for", (shiftMs) => {
    const waitFor = { event: "paid", lookBack: "2s" } as const;
    const wait = { name: "s1", after: ["s0"], waitFor };
    const spec = { ...EMPTY_SPEC, steps: [{ name: "s0", sleep: "2s" } as const, wait] };
    const event = { kind: "event", afterMs: 0, name: "paid", data: null } as const;
    const moves = [event, { kind: "due", afterMs: 0, shiftMs } as const];

    expect(() => playWorkflow({ spec, moves, waits: 0, revision: 1 }, new Map())).not.toThrow();
  });
});
