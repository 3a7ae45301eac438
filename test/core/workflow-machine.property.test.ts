import fc from "fast-check";
import { test } from "vitest";
import { isWorkflowEnded } from "../../src/core/workflow-run.ts";
import type { StepSpec } from "../../src/core/workflow.ts";
import { happenings } from "../support/machine-happenings.ts";
import { MachineLaws, must } from "../support/machine-laws.ts";
import { endOf, PlayedMachine } from "../support/played-machine.ts";
import { A_HANDLER, GIVEN, workflowSpecs } from "../support/workflow-specs.ts";

const STEPS_MAX = 9;
const INPUTS_MAX = 40;
const CASES = 1_000;
/** Items of a map that takes all the room there is. */
const CROWD = 1_000;
const CROWDED_INPUTS_MAX = 30;
const CROWDED_CASES = 150;
/** Inputs within which a run that is left alone ends: every step has few parts and one end each. */
const ENDING_MAX = 500;

test("every run keeps the laws, and a machine made anew at any point does the same", () => {
  fc.assert(
    fc.property(workflowSpecs(STEPS_MAX), happenings(INPUTS_MAX), (spec, happened) => {
      const play = new PlayedMachine(spec);
      const laws = new MachineLaws(play);
      laws.take({ kind: "begin" });
      for (const { passMs, happening } of happened) {
        play.nowMs += passMs;
        const input = happening(play);
        if (input !== undefined) laws.take(input);
      }
      letEnd(play, laws);
    }),
    { numRuns: CASES },
  );
});

test("the same holds where a thousand of its parts live, and everything else waits for room", () => {
  const crowd: StepSpec = {
    name: "crowd",
    map: { over: "${params.crowd}", concurrencyMax: CROWD },
    run: A_HANDLER,
  };
  const params = { ...GIVEN.params, crowd: Array.from({ length: CROWD }, () => 0) };
  fc.assert(
    fc.property(workflowSpecs(STEPS_MAX), happenings(CROWDED_INPUTS_MAX), (spec, happened) => {
      const steps = [crowd, ...spec.steps];
      const play = new PlayedMachine({ ...spec, onFailure: "finish_branches", steps }, { params });
      const laws = new MachineLaws(play);
      laws.take({ kind: "begin" });
      for (const { passMs, happening } of happened) {
        play.nowMs += passMs;
        const input = happening(play);
        if (input !== undefined) laws.take(input);
      }
    }),
    { numRuns: CROWDED_CASES },
  );
});

/** D3: a run that is left alone ends, and nothing outlives it. */
function letEnd(play: PlayedMachine, laws: MachineLaws): void {
  for (let i = 0; !isWorkflowEnded(play.run.phase); i++) {
    must("D3: a run ends", i < ENDING_MAX);
    const [ref] = play.live.values();
    play.nowMs = Math.max(play.nowMs, play.machine.dueMs ?? 0);
    if (play.run.pausedMs !== null) laws.take({ kind: "resume" });
    else if (ref === undefined) laws.take({ kind: "due" });
    else laws.take({ kind: "part_ended", end: endOf(ref) });
  }
  must("nothing outlives its run", play.live.size, 0);
}
