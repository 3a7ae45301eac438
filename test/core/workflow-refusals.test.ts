import { describe, expect, test } from "vitest";
import { WORKFLOW_RUN_LIMITS } from "../../src/core/workflow-run.ts";
import type { WorkflowInput } from "../../src/core/workflow-effect.ts";
import { PlayedMachine } from "../support/played-machine.ts";
import { A_HANDLER, aWorkflowSpec } from "../support/workflow-specs.ts";

type Decide = Extract<WorkflowInput, { readonly kind: "decide" }>;

const pause: WorkflowInput = { kind: "pause", reason: null };
const resume: WorkflowInput = { kind: "resume" };
const cancel: WorkflowInput = { kind: "cancel", reason: "enough" };
const event: WorkflowInput = { kind: "event", name: "paid", data: 1 };
const retry = (step: string | null): WorkflowInput => ({ kind: "retry", step, by: null });
const decide = (action: Decide["action"], step: string): Decide => ({
  kind: "decide",
  action,
  step,
  result: null,
  note: null,
  by: null,
});

/** In it a step is found in every state, once `begun` has played it. */
const SPEC = aWorkflowSpec(
  [
    { name: "good", compensate: { run: A_HANDLER } },
    { name: "bad", run: A_HANDLER },
    { name: "behind", after: ["bad"] },
    { name: "not", when: "false" },
    { name: "work", run: A_HANDLER },
    { name: "ask", approval: {} },
    { name: "nap", sleep: "1m" },
    { name: "later", after: ["work"] },
  ],
  { onFailure: "finish_branches" },
);

function waiting(): PlayedMachine {
  return new PlayedMachine(SPEC);
}

function running(): PlayedMachine {
  const play = waiting();
  play.begin();
  play.end("bad", { state: "failed" });
  expect(play.states).toBe("succeeded failed canceled skipped running waiting waiting pending");
  return play;
}

const after = (play: PlayedMachine, ...inputs: readonly WorkflowInput[]): PlayedMachine => {
  for (const input of inputs) play.take(input);
  return play;
};
const paused = (): PlayedMachine => after(running(), pause);
const timeOut = (play: PlayedMachine): PlayedMachine => {
  play.nowMs += 3_600_000;
  return after(play, { kind: "due" });
};
const ending = (): PlayedMachine => timeOut(running());
/** The run of `work` was canceled, and its end has come. */
const settled = (play: PlayedMachine): PlayedMachine => {
  play.end("work", { state: "canceled" });
  return play;
};
const compensating = (): PlayedMachine => settled(ending());
/** The deadline stands still during a pause, but a failure ends a run all the same. */
function endingPaused(): PlayedMachine {
  const play = new PlayedMachine({ ...SPEC, onFailure: "fail_fast" });
  play.begin();
  play.take(pause);
  play.end("bad", { state: "failed" });
  return play;
}
const timedOut = (): PlayedMachine => {
  const play = compensating();
  play.end("good", { isCompensation: true });
  return play;
};
const canceled = (): PlayedMachine => settled(after(running(), cancel));
function succeeded(): PlayedMachine {
  const play = new PlayedMachine(aWorkflowSpec([{ name: "good" }, { name: "not", when: "false" }]));
  play.begin();
  return play;
}

const PHASES = {
  waiting,
  "waiting, paused": () => after(waiting(), pause),
  running,
  paused,
  ending,
  "ending, paused": endingPaused,
  "ending as canceled": () => after(running(), cancel),
  compensating,
  succeeded,
  "timed out": timedOut,
  canceled,
} as const;

/** Each control in each phase, in the order of `PHASES`; what begins with a dot is about the workflow run. */
const BY_PHASE: readonly (readonly [string, WorkflowInput, string])[] = [
  ["pause", pause, "ok .paused ok .paused .ending .ending .ending .ending .ended .ended .ended"],
  [
    "resume",
    resume,
    ".not_paused ok .not_paused ok .not_paused ok .not_paused .not_paused .ended .ended .ended",
  ],
  ["cancel", cancel, "ok ok ok ok ok ok ok .ending .ended .ended ok"],
  ["event", event, "ok ok ok ok .ending .ending .ending .ending .ended .ended .ended"],
  [
    "retry",
    retry(null),
    ".not_ended .not_ended .not_ended .not_ended .ending .ending .ending .ending .ended ok ok",
  ],
  [
    "retry of a step that succeeded",
    retry("good"),
    ".not_ended .not_ended ok ok .ending .ending .ending .ending ok ok ok",
  ],
  [
    "retry of a step that there is not",
    retry("gone"),
    `.not_ended .not_ended step.unknown step.unknown .ending .ending .ending .ending
     step.unknown step.unknown step.unknown`,
  ],
  ...(["skip", "succeed"] as const).map(
    (action) =>
      [
        `${action} of a step that was skipped`,
        decide(action, "not"),
        "ok ok ok ok .ending .ending .ending .ending .ended ok ok",
      ] as const,
  ),
  [
    "skip of a step that succeeded",
    decide("skip", "good"),
    `ok ok step.ended step.ended .ending .ending .ending .ending
     .ended step.ended step.ended`,
  ],
  ...(["approve", "reject"] as const).map(
    (action) =>
      [
        `${action} of an approval`,
        decide(action, "ask"),
        `step.not_waiting step.not_waiting ok ok .ending .ending .ending .ending
         .ended .ended .ended`,
      ] as const,
  ),
];

const codesOf = (text: string): readonly string[] =>
  text
    .split(/\s+/)
    .map((code) => (code.startsWith(".") ? `workflow_run${code}` : code))
    .map((code) => (code === "ok" ? "taken" : code));

describe.each(BY_PHASE)("%s", (_, input, text) => {
  const codes = codesOf(text);
  test.each(Object.keys(PHASES).map((phase, i) => [phase, codes[i] ?? ""] as const))(
    "while it is %s: %s",
    (phase, code) => {
      const [, make = waiting] = Object.entries(PHASES).find(([name]) => name === phase) ?? [];

      expect(make().refusedWith(input)).toBe(code);
    },
  );
});

/** Each control of a step in each state of it, while the run is running. */
const STATES = ["later", "work", "nap", "ask", "good", "bad", "behind", "not", "gone"] as const;
const BY_STATE = {
  skip: "ok ok ok ok step.ended ok ok ok step.unknown",
  succeed: "ok ok ok ok step.ended ok ok ok step.unknown",
  approve: `step.not_waiting step.not_waiting step.not_waiting ok
            step.ended step.ended step.ended step.ended step.unknown`,
  reject: `step.not_waiting step.not_waiting step.not_waiting ok
           step.ended step.ended step.ended step.ended step.unknown`,
  retry: `step.not_ended step.not_ended step.not_ended step.not_ended
          ok ok ok ok step.unknown`,
} as const;

describe.each(["skip", "succeed", "approve", "reject", "retry"] as const)("%s", (action) => {
  const codes = codesOf(BY_STATE[action]);

  test.each(STATES.map((name, i) => [name, codes[i] ?? ""] as const))(
    "of the step %s, running and paused: %s",
    (name, code) => {
      const input = action === "retry" ? retry(name) : decide(action, name);

      expect(running().refusedWith(input)).toBe(code);
      expect(paused().refusedWith(input)).toBe(code);
    },
  );
});

describe("what is too much", () => {
  test("is the event behind the hundredth, and one that is too long", () => {
    const play = running();
    const long = (chars: number): WorkflowInput => ({ ...event, data: "e".repeat(chars - 2) });
    const { eventCharsMax, eventsMax } = WORKFLOW_RUN_LIMITS;
    expect(play.refusedWith(long(eventCharsMax + 1))).toBe("output.too_large");

    for (let i = 0; i < eventsMax; i++) play.take(long(i === 0 ? eventCharsMax : 10));

    expect(play.events.map(({ seq }) => seq).at(-1)).toBe(eventsMax);
    expect(play.refusedWith(event)).toBe("quota.exceeded");
  });

  test("is a result that is longer than an output may be", () => {
    const play = running();
    const result = "r".repeat(WORKFLOW_RUN_LIMITS.outputCharsMax - 1);
    for (const action of ["succeed", "approve"] as const)
      expect(play.refusedWith({ ...decide(action, "ask"), result })).toBe("output.too_large");
  });

  test("is the revision behind the last", () => {
    const play = new PlayedMachine(SPEC, { revision: WORKFLOW_RUN_LIMITS.revisionsMax });
    play.begin();
    play.end("bad", { state: "failed" });

    expect(play.refusedWith(retry("bad"))).toBe("quota.exceeded");
    expect(play.refusedWith(decide("skip", "bad"))).toBe("quota.exceeded");
    expect(play.refusedWith(decide("skip", "later"))).toBe("taken");
  });
});

test("what cannot be done is said in words, with a way out", () => {
  const play = succeeded();

  expect(() => play.take(retry(null))).toThrow("The workflow run has succeeded.");
});
