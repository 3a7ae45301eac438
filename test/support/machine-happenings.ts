import fc from "fast-check";
import type { Json } from "../../src/core/json.ts";
import type { PartEnd, PartRef, WorkflowInput } from "../../src/core/workflow-effect.ts";
import { endOf, keyOf, type PlayedMachine } from "./played-machine.ts";

/** Makes the next input of a run; undefined where there is nothing for it to be about. */
export type Happening = (play: PlayedMachine) => WorkflowInput | undefined;

const KINDS: Readonly<Record<string, (pick: number) => Happening>> = {
  end: (pick) => (play) => ended(liveOf(play, pick), goodEnd(pick)),
  bad: (pick) => (play) => ended(liveOf(play, pick), { state: BAD[pick % BAD.length] ?? "lost" }),
  stale: (pick) => (play) => {
    const gone = { ...stepOf(play, pick), part: (pick % 6) - 1, revision: 1 };
    const ref = { ...gone, isCompensation: pick % 7 === 0 };
    return play.live.has(keyOf(ref)) ? undefined : ended(ref, {});
  },
  event: (pick) => () => ({ kind: "event", name: "paid", data: { ok: pick % 2 === 0 } }),
  due: () => () => ({ kind: "due" }),
  skip: (pick) => (play) => decided(play, "skip", pick),
  succeed: (pick) => (play) => decided(play, "succeed", pick),
  approve: (pick) => (play) => decided(play, "approve", pick),
  reject: (pick) => (play) => decided(play, "reject", pick),
  retry: (pick) => (play) => ({ kind: "retry", step: `s${stepOf(play, pick).step}`, by: "ann" }),
  "retry all": () => () => ({ kind: "retry", step: null, by: null }),
  pause: () => () => ({ kind: "pause", reason: null }),
  resume: () => () => ({ kind: "resume" }),
  cancel: () => () => ({ kind: "cancel", reason: "enough" }),
};
const BAD = ["failed", "timed_out", "lost", "canceled"] as const;
const OUTPUTS: readonly Json[] = [{ list: [1, 2, 3] }, { b: 1 }, null, [9]];
/** How much more often runs of steps end than anything else happens. */
const ENDS = ["end", "end", "end", "end", "end"];

const liveOf = (play: PlayedMachine, pick: number): PartRef | undefined =>
  [...play.live.values()][pick % play.live.size];
const stepOf = (play: PlayedMachine, pick: number): { readonly step: number } => ({
  step: pick % play.spec.steps.length,
});
const goodEnd = (pick: number): Partial<PartEnd> => ({
  output: OUTPUTS[pick % OUTPUTS.length] ?? null,
  context: pick % 3 === 0 ? { n: pick % 5 } : null,
});
const ended = (ref: PartRef | undefined, more: Partial<PartEnd>): WorkflowInput | undefined =>
  ref && { kind: "part_ended", end: endOf(ref, more) };

function decided(
  play: PlayedMachine,
  action: Extract<WorkflowInput, { readonly kind: "decide" }>["action"],
  pick: number,
): WorkflowInput {
  const step = `s${stepOf(play, pick).step}`;
  return { kind: "decide", action, step, result: pick, note: null, by: "ann" };
}

/** Anything that can happen to a run, with the time that passes before it. */
export function happenings(
  maxLength: number,
): fc.Arbitrary<readonly { readonly passMs: number; readonly happening: Happening }[]> {
  const aHappening = fc
    .record({
      kind: fc.constantFrom(...Object.keys(KINDS), ...ENDS),
      pick: fc.nat({ max: 1_000 }),
      passMs: fc.nat({ max: 2_000 }),
    })
    .map(({ kind, pick, passMs }) => ({
      passMs,
      happening: KINDS[kind]?.(pick) ?? (() => undefined),
    }));
  return fc.array(aHappening, { maxLength, size: "max" });
}
