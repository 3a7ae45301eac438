import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../../src/core/refusal.ts";
import type { WorkflowEffects, WorkflowInput } from "../../src/core/workflow-effect.ts";
import type { WorkflowMachine } from "../../src/core/workflow-machine.ts";
import { isStepEnded, type StepRow } from "../../src/core/workflow-run.ts";
import { WORKFLOW_LIMITS, type StepSpec } from "../../src/core/workflow.ts";
import { keyOf, type PlayedMachine } from "./played-machine.ts";

type Rows = ReadonlyMap<string, StepRow>;

const NOTHING: WorkflowEffects = { starts: [], cancels: [], rows: [], events: [], run: null };

/** Throws unless a law holds; what is and what should be are shown. */
export function must(law: string, is: unknown, should: unknown = true): void {
  if (isDeepStrictEqual(is, should)) return;
  throw new Error(`${law}\n  is     ${JSON.stringify(is)}\n  should ${JSON.stringify(should)}`);
}

/**
 * Tells a machine what happens and holds it to the laws each time: D1, D2, D5, D7 and D8, that effects are whole
 * and without repetition, that a refusal changes nothing, and that a machine made anew does the very same.
 */
export class MachineLaws {
  readonly #play: PlayedMachine;
  readonly #started = new Set<string>();
  readonly #canceled = new Set<string>();

  constructor(play: PlayedMachine) {
    this.#play = play;
  }

  take(input: WorkflowInput): void {
    const play = this.#play;
    const twin = play.restored();
    const before = { rows: new Map(play.rows), version: play.run.version };
    const picture = play.pictureOf(play.machine);
    must("a restart finds all again", play.pictureOf(twin), picture);
    let effects: WorkflowEffects;
    try {
      effects = play.take(input);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      must("a refusal changes nothing", play.pictureOf(play.machine), picture);
      must("a restart refuses the same", refusalOf(twin, input, play.nowMs), error.data);
      return;
    }
    must("a restart does the same", this.#effectsOf(twin, input, before.rows), effects);
    must("a restart is as it was", play.pictureOf(twin), play.pictureOf(play.machine));
    areMinimal(effects, before);
    for (const start of effects.starts) this.#startsWell(start);
    for (const part of effects.cancels) this.#isCanceledOnce(keyOf(part));
    must("no more live than may", play.machine.livePartCount <= WORKFLOW_LIMITS.partsLiveMax);
    for (const [place, step] of play.spec.steps.entries()) this.#staysWithin(place, step);
    if (input.kind === "retry") this.#keepsWhatSucceeded(input.step, before.rows);
    if (input.kind === "part_ended")
      must("D8: an end told twice", play.machine.take(input, play.nowMs), NOTHING);
  }

  /** What another machine makes of an input, which then reads what was stored before it. */
  #effectsOf(twin: WorkflowMachine, input: WorkflowInput, rowsBefore: Rows): WorkflowEffects {
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

  #startsWell(start: WorkflowEffects["starts"][number]): void {
    const key = keyOf(start);
    must(`D1: ${key} starts once`, this.#started.has(key), false);
    this.#started.add(key);
    const { after = [], join = "all" } = this.#play.spec.steps[start.step] ?? { name: "" };
    if (start.isCompensation || after.length === 0) return;
    const parents = after.map((name) => this.#play.row(name));
    const ok = parents.filter((row) => row.state === "succeeded" || row.isPassed).length;
    const areEnded = parents.every(({ state }) => isStepEnded(state));
    if (join === "all")
      must("D2: all", [areEnded, parents.some(isBad), ok > 0], [true, false, true]);
    else if (join === "all_done") must("D2: all_done", areEnded);
    else must("D2: any, count", ok >= (join === "any" ? 1 : join.count));
  }

  #isCanceledOnce(key: string): void {
    must(`${key} is canceled once`, this.#canceled.has(key), false);
    must(`${key} is canceled while it lives`, this.#play.live.has(key));
    this.#canceled.add(key);
  }

  #staysWithin(place: number, { map }: StepSpec): void {
    if (map === undefined) return;
    const { live, machine, rows } = this.#play;
    const { state, revision, output } = machine.rowOf(place);
    const parts = [...live.values()].filter(
      (ref) => ref.step === place && ref.revision === revision && !ref.isCompensation,
    );
    must("D7: no more at once than may be", parts.length <= (map.concurrencyMax ?? 10));
    if (state !== "succeeded" || !Array.isArray(output)) return;
    for (const [i, one] of output.entries())
      if (one !== null) must("D7: outputs in input order", one, rows.get(`${place}/${i}`)?.output);
  }

  /** What has succeeded is done again only behind something that is, or when it was undone. */
  #keepsWhatSucceeded(named: string | null, before: Rows): void {
    const again = new Set<string>();
    for (const [place, { name, after = [] }] of this.#play.spec.steps.entries()) {
      const row = before.get(`${place}/-1`);
      const isAgain = name === named || isToMend(row) || after.some((each) => again.has(each));
      if (isAgain) again.add(name);
      else if (row?.state === "succeeded")
        must(`D5: ${name}`, essence(this.#play.rows.get(`${place}/-1`)), essence(row));
    }
  }
}

function refusalOf(machine: WorkflowMachine, input: WorkflowInput, nowMs: number): unknown {
  try {
    return machine.take(input, nowMs);
  } catch (error) {
    if (error instanceof Refusal) return error.data;
    throw error;
  }
}

function areMinimal(
  { rows, run }: WorkflowEffects,
  before: { readonly rows: Rows; readonly version: number },
): void {
  const keys = rows.map(({ step, part }) => `${step}/${part}`);
  must("each row once", new Set(keys).size, keys.length);
  for (const row of rows) {
    const former = before.rows.get(`${row.step}/${row.part}`);
    must("a change is one version", row.version, (former?.version ?? 0) + 1);
    if (former !== undefined && isStepEnded(former.state) && former.revision === row.revision)
      must("D1: one end in a revision", row.state, former.state);
  }
  if (run !== null) must("a change of the run is one version", run.version, before.version + 1);
}

const isBad = ({ state }: StepRow): boolean => state === "failed" || state === "canceled";

function isToMend(row: StepRow | undefined): boolean {
  return row !== undefined && (isBad(row) || row.compensation !== null);
}

/** Without what becomes of undoing it: a retry may fail at once. */
function essence(row: StepRow | undefined): unknown {
  return row && [row.state, row.revision, row.order, row.output];
}
