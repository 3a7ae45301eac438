import { unreachable } from "./assert.ts";
import { STEP_STATES, type StepState } from "./workflow-run.ts";

/** A state is kept as its place in the list of them. */
const CODES: ReadonlyMap<StepState, number> = new Map(
  STEP_STATES.map((state, code) => [state, code]),
);
const FIRST_ENDED = STEP_STATES.indexOf("succeeded");

/** Skipped by a person. */
const PASSED = 1;
/** Marked as succeeded by a person. */
const MARKED = 2;
/** It stands in the line of what waits for room. */
const IN_LINE = 4;
const UNDO_SHIFT = 3;
const UNDO_STATES = [null, "running", "succeeded", "failed"] as const;
const UNDO_BITS = 3 << UNDO_SHIFT;

export type UndoState = (typeof UNDO_STATES)[number];

/** How the end of a step counts for those that come after it. */
export type EndCount = "ok" | "neutral" | "bad";

/** How the steps stand that a step comes after. */
export interface ParentCounts {
  /** They have not ended. */
  readonly open: number;
  readonly ok: number;
  readonly bad: number;
}

/**
 * The steps of one workflow run, as numbers side by side: ten thousand steps take half a megabyte. Everything
 * longer (outputs, errors, items) is in storage only.
 */
export class StepTable {
  readonly total: number;
  readonly revision: Int32Array;
  /** Of the stored row; 0 where none is stored. */
  readonly version: Int32Array;
  /** When it ended among the others, from 1; 0 before. */
  readonly order: Int32Array;
  /** Not a number where it is not known. */
  readonly startedMs: Float64Array;
  /** When it is looked at again; not a number when it never is. */
  readonly dueMs: Float64Array;
  /** Tasks or items; 0 where it has one run, or its items are not known yet. */
  readonly partsTotal: Int32Array;
  /** Of the current revision, those that have a row. */
  readonly partsEnded: Int32Array;
  /** How many steps are in each state. */
  readonly #counts = new Int32Array(STEP_STATES.length);
  readonly #parentsEnded: Int32Array;
  readonly #parentsOk: Int32Array;
  readonly #parentsBad: Int32Array;
  readonly #states: Uint8Array;
  readonly #flags: Uint8Array;
  #lastOrder = 0;

  constructor(total: number) {
    this.total = total;
    this.#counts[0] = total;
    this.#states = new Uint8Array(total);
    this.#flags = new Uint8Array(total);
    this.revision = new Int32Array(total).fill(1);
    this.version = new Int32Array(total);
    this.order = new Int32Array(total);
    this.startedMs = new Float64Array(total).fill(Number.NaN);
    this.dueMs = new Float64Array(total).fill(Number.NaN);
    this.partsTotal = new Int32Array(total);
    this.partsEnded = new Int32Array(total);
    this.#parentsEnded = new Int32Array(total);
    this.#parentsOk = new Int32Array(total);
    this.#parentsBad = new Int32Array(total);
  }

  stateOf(place: number): StepState {
    return STEP_STATES[this.#states[place] ?? 0] ?? "pending";
  }

  is(place: number, state: StepState): boolean {
    return this.#states[place] === CODES.get(state);
  }

  isEnded(place: number): boolean {
    return (this.#states[place] ?? 0) >= FIRST_ENDED;
  }

  setState(place: number, state: StepState): void {
    const before = this.#states[place] ?? 0;
    const after = CODES.get(state) ?? 0;
    this.#counts[before] = (this.#counts[before] ?? 0) - 1;
    this.#counts[after] = (this.#counts[after] ?? 0) + 1;
    this.#states[place] = after;
    this.setInLine(place, false);
  }

  countOf(state: StepState): number {
    return this.#counts[CODES.get(state) ?? 0] ?? 0;
  }

  get areAllEnded(): boolean {
    return this.countOf("pending") + this.countOf("running") + this.countOf("waiting") === 0;
  }

  /** How its end counts; undefined before it has ended. */
  endCountOf(place: number): EndCount | undefined {
    const state = this.stateOf(place);
    switch (state) {
      case "succeeded":
        return "ok";
      case "skipped":
        return this.isPassed(place) ? "ok" : "neutral";
      case "failed":
      case "canceled":
        return "bad";
      case "pending":
      case "running":
      case "waiting":
        return undefined;
      default:
        return unreachable(state);
    }
  }

  isPassed(place: number): boolean {
    return this.#has(place, PASSED);
  }

  setPassed(place: number, isPassed: boolean): void {
    this.#set(place, PASSED, isPassed);
  }

  isMarked(place: number): boolean {
    return this.#has(place, MARKED);
  }

  setMarked(place: number, isMarked: boolean): void {
    this.#set(place, MARKED, isMarked);
  }

  isInLine(place: number): boolean {
    return this.#has(place, IN_LINE);
  }

  setInLine(place: number, isInLine: boolean): void {
    this.#set(place, IN_LINE, isInLine);
  }

  undoOf(place: number): UndoState {
    return UNDO_STATES[((this.#flags[place] ?? 0) & UNDO_BITS) >> UNDO_SHIFT] ?? null;
  }

  setUndo(place: number, undo: UndoState): void {
    const flags = (this.#flags[place] ?? 0) & ~UNDO_BITS;
    this.#flags[place] = flags | (UNDO_STATES.indexOf(undo) << UNDO_SHIFT);
  }

  /** Gives the step the next number among those that have ended. */
  takeOrder(place: number): void {
    this.order[place] = ++this.#lastOrder;
  }

  /** As it was before it began, under a revision. */
  reset(place: number, revision: number): void {
    this.setState(place, "pending");
    this.#flags[place] = 0;
    this.revision[place] = revision;
    this.order[place] = 0;
    this.startedMs[place] = Number.NaN;
    this.dueMs[place] = Number.NaN;
    this.partsEnded[place] = 0;
  }

  /** What is known of the steps that a step comes after, of which there are `total`. */
  parentsOf(place: number, total: number): ParentCounts {
    return {
      open: total - (this.#parentsEnded[place] ?? 0),
      ok: this.#parentsOk[place] ?? 0,
      bad: this.#parentsBad[place] ?? 0,
    };
  }

  /** Lets those that come after a step know how it has ended. */
  countEnd(place: number, children: readonly number[]): void {
    const count = this.endCountOf(place);
    if (count === undefined) return;
    for (const child of children) {
      add(this.#parentsEnded, child);
      if (count === "ok") add(this.#parentsOk, child);
      else if (count === "bad") add(this.#parentsBad, child);
    }
  }

  /** Counts everything anew that follows from the states: after a restart, and after a revision. */
  recount(children: readonly (readonly number[])[]): void {
    this.#parentsEnded.fill(0);
    this.#parentsOk.fill(0);
    this.#parentsBad.fill(0);
    this.#lastOrder = 0;
    for (let place = 0; place < this.total; place++) {
      const order = this.order[place] ?? 0;
      if (order > this.#lastOrder) this.#lastOrder = order;
      this.countEnd(place, children[place] ?? []);
    }
  }

  #has(place: number, flag: number): boolean {
    return ((this.#flags[place] ?? 0) & flag) !== 0;
  }

  #set(place: number, flag: number, isSet: boolean): void {
    const flags = this.#flags[place] ?? 0;
    this.#flags[place] = isSet ? flags | flag : flags & ~flag;
  }
}

function add(counts: Int32Array, place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}
