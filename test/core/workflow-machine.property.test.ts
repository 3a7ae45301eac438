import fc from "fast-check";
import { expect, test } from "vitest";
import { Refusal } from "../../src/core/refusal.ts";
import type { WorkflowEffects, WorkflowInput } from "../../src/core/workflow-effect.ts";
import { isStepEnded, isWorkflowEnded, type StepRow } from "../../src/core/workflow-run.ts";
import { endOf, keyOf, PlayedMachine } from "../support/played-machine.ts";
import { workflowSpecs } from "../support/workflow-specs.ts";

const STEPS_MAX = 9;
const INPUTS_MAX = 40;
const CASES = 400;
/** Inputs within which a run that is left alone ends: every step has few parts and one end each. */
const ENDING_MAX = 500;

/** What happens next; the numbers pick from what there is. */
const aHappening = fc.record({
  kind: fc.constantFrom(
    ...(["end", "end", "end", "end", "bad", "due", "event", "stale", "skip", "succeed"] as const),
    ...(["approve", "reject", "retry", "retry all", "pause", "resume", "cancel"] as const),
  ),
  pick: fc.nat({ max: 1_000 }),
  passMs: fc.nat({ max: 2_000 }),
});
type Happening = typeof aHappening extends fc.Arbitrary<infer T> ? T : never;

function inputOf(play: PlayedMachine, { kind, pick }: Happening): WorkflowInput | undefined {
  const live = [...play.live.values()];
  const ref = live[pick % live.length];
  const step = `s${pick % play.spec.steps.length}`;
  switch (kind) {
    case "end": {
      const output = [{ list: [1, 2, 3], at: pick }, { b: pick }, null, [pick]][pick % 4] ?? null;
      const context = pick % 3 === 0 ? { n: pick % 5 } : null;
      return ref && { kind: "part_ended", end: endOf(ref, { output, context }) };
    }
    case "bad": {
      const state = (["failed", "timed_out", "lost", "canceled"] as const)[pick % 4] ?? "failed";
      return ref && { kind: "part_ended", end: endOf(ref, { state }) };
    }
    case "stale": {
      const end = { step: pick % play.spec.steps.length, part: (pick % 6) - 1, revision: 1 };
      const gone = { ...end, isCompensation: pick % 7 === 0 };
      return play.live.has(keyOf(gone)) ? undefined : { kind: "part_ended", end: endOf(gone) };
    }
    case "event":
      return { kind: "event", name: "paid", data: { ok: pick % 2 === 0 } };
    case "retry":
      return { kind: "retry", step, by: "ann" };
    case "retry all":
      return { kind: "retry", step: null, by: null };
    case "pause":
    case "cancel":
      return { kind, reason: null };
    case "due":
    case "resume":
      return { kind };
    default:
      return { kind: "decide", action: kind, step, result: pick, note: null, by: "ann" };
  }
}

/** Plays a whole run and holds it to the laws after each input; it has ended then. */
function playByLaws(play: PlayedMachine, happenings: readonly Happening[]): void {
  const laws = new Laws(play);
  laws.take({ kind: "begin" });
  for (const happening of happenings) {
    play.nowMs += happening.passMs;
    const input = inputOf(play, happening);
    if (input !== undefined) laws.take(input);
  }
  for (let i = 0; !isWorkflowEnded(play.run.phase); i++) {
    expect(i, "D3: a run that is left alone ends").toBeLessThan(ENDING_MAX);
    const [ref] = play.live.values();
    play.nowMs = Math.max(play.nowMs, play.machine.dueMs ?? 0);
    if (play.run.pausedMs !== null) laws.take({ kind: "resume" });
    else if (ref === undefined) laws.take({ kind: "due" });
    else laws.take({ kind: "part_ended", end: endOf(ref) });
  }
  expect(play.live.size, "nothing outlives its run").toBe(0);
}

class Laws {
  readonly #play: PlayedMachine;
  readonly #started = new Set<string>();

  constructor(play: PlayedMachine) {
    this.#play = play;
  }

  take(input: WorkflowInput): void {
    const play = this.#play;
    const twin = play.restored();
    expect(play.pictureOf(twin), "a restart finds all again").toEqual(
      play.pictureOf(play.machine),
    );
    const rowsBefore = new Map(play.rows);
    const runBefore = play.run;
    let effects: WorkflowEffects;
    try {
      effects = play.take(input);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      expect(() => twin.take(input, play.nowMs)).toThrow(error.message);
      expect(play.pictureOf(play.restored())).toEqual(play.pictureOf(play.machine));
      return;
    }
    expect(this.#effectsOfTwin(twin, { input, rowsBefore })).toEqual(effects);
    this.#areMinimal(effects, { rowsBefore, version: runBefore.version });
    for (const start of effects.starts) this.#startsWell(start);
    this.#staysWithin();
    if (input.kind === "retry") this.#keepsWhatSucceeded(input.step, rowsBefore);
    if (input.kind === "part_ended") this.#isTakenOnce(input);
  }

  /** The twin reads what was stored before: its own rows are not there while it takes the input. */
  #effectsOfTwin(
    twin: PlayedMachine["machine"],
    { input, rowsBefore }: { input: WorkflowInput; rowsBefore: ReadonlyMap<string, StepRow> },
  ): WorkflowEffects {
    const { rows, events } = this.#play;
    const [rowsAfter, eventsAfter] = [new Map(rows), [...events]];
    rows.clear();
    for (const [key, row] of rowsBefore) rows.set(key, row);
    if (input.kind === "event") events.pop();
    const effects = twin.take(input, this.#play.nowMs);
    for (const [key, row] of rowsAfter) rows.set(key, row);
    events.splice(0, events.length, ...eventsAfter);
    return effects;
  }

  #areMinimal(
    { rows, run }: WorkflowEffects,
    before: { rowsBefore: ReadonlyMap<string, StepRow>; version: number },
  ): void {
    const keys = rows.map(({ step, part }) => `${step}/${part}`);
    expect(new Set(keys).size, "each row once").toBe(keys.length);
    for (const row of rows) {
      const former = before.rowsBefore.get(`${row.step}/${row.part}`);
      expect(row.version, "a change is one version").toBe((former?.version ?? 0) + 1);
      if (former !== undefined && isStepEnded(former.state) && former.revision === row.revision)
        expect(row.state, "D1: one end in a revision").toBe(former.state);
    }
    if (run !== null) expect(run.version).toBe(before.version + 1);
  }

  #startsWell(start: WorkflowEffects["starts"][number]): void {
    const key = keyOf(start);
    expect(this.#started.has(key), `D1: ${key} starts once`).toBe(false);
    this.#started.add(key);
    if (start.isCompensation) return;
    const { after = [], join = "all" } = this.#play.spec.steps[start.step] ?? { name: "" };
    const rows = after.map((name) => this.#play.row(name));
    const isOk = ({ state, isPassed }: StepRow): boolean => state === "succeeded" || isPassed;
    const ok = rows.filter(isOk).length;
    const bad = rows.filter(({ state }) => state === "failed" || state === "canceled").length;
    const areEnded = rows.every(({ state }) => isStepEnded(state));
    if (rows.length === 0) return;
    if (join === "all") expect([areEnded, bad, ok > 0], "D2: all").toEqual([true, 0, true]);
    else if (join === "all_done") expect(areEnded, "D2: all_done").toBe(true);
    else expect(ok, "D2: any, count").toBeGreaterThanOrEqual(join === "any" ? 1 : join.count);
  }

  #staysWithin(): void {
    const { spec, live, machine } = this.#play;
    for (const [place, { map }] of spec.steps.entries()) {
      const { state, revision, output } = machine.rowOf(place);
      const parts = [...live.values()].filter(
        (ref) => ref.step === place && ref.revision === revision && !ref.isCompensation,
      );
      if (map === undefined) continue;
      expect(parts.length, "D7").toBeLessThanOrEqual(map.concurrencyMax ?? 10);
      if (state !== "succeeded" || !Array.isArray(output)) continue;
      for (const [i, one] of output.entries()) {
        const row = this.#play.rows.get(`${place}/${i}`);
        if (one !== null) expect(one, "D7: outputs in input order").toEqual(row?.output);
      }
    }
  }

  /** D5: what has succeeded is done again only behind something that is, or when it was undone. */
  #keepsWhatSucceeded(named: string | null, before: ReadonlyMap<string, StepRow>): void {
    const { steps } = this.#play.spec;
    const again = new Set<string>();
    for (const [place, { name, after = [] }] of steps.entries()) {
      const row = before.get(`${place}/-1`);
      const isMended = row?.state === "failed" || row?.state === "canceled";
      const isUndone = row !== undefined && row.compensation !== null;
      if (name === named || isMended || isUndone || after.some((each) => again.has(each)))
        again.add(name);
      else if (row?.state === "succeeded")
        expect(this.#play.rows.get(`${place}/-1`), `D5: ${name}`).toEqual(row);
    }
  }

  #isTakenOnce(input: WorkflowInput): void {
    expect(this.#play.machine.take(input, this.#play.nowMs), "D8: an end told twice").toEqual({
      starts: [],
      cancels: [],
      rows: [],
      events: [],
      run: null,
    });
  }
}

test("every run keeps the laws, and a machine made anew at any point does the same", () => {
  fc.assert(
    fc.property(
      workflowSpecs(STEPS_MAX),
      fc.array(aHappening, { maxLength: INPUTS_MAX, size: "max" }),
      (spec, happenings) => playByLaws(new PlayedMachine(spec), happenings),
    ),
    { numRuns: CASES },
  );
});
