import { Dice } from "../support/prng.ts";
import { Agenda } from "./agenda.ts";
import { NO_FAULTS, type Faults, type SimOptions } from "./options.ts";

/** A law of the scheduler that did not hold: the simulator's verdict. */
export class Violation extends Error {
  readonly law: string;

  constructor(law: string, detail: string) {
    super(`${law}: ${detail}`);
    this.name = "Violation";
    this.law = law;
  }
}

/** Throws a `Violation` unless the law holds. `detail` is only called when it does not. */
export function hold(law: string, isKept: boolean, detail: () => string): void {
  if (!isKept) throw new Violation(law, detail());
}

/** Whatever production throws by itself is a bug. */
export function asViolation(error: unknown): Violation {
  if (error instanceof Violation) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Violation("no exceptions", text);
}

/** What all parts of one simulated world share: time, chance, weather, and the trace of what happened. */
export class Scene {
  readonly options: SimOptions;
  readonly agenda: Agenda;
  /** The faults in force: none once the world has healed. */
  faults: Faults;
  /** States of interest that this world has reached, and how often. */
  readonly reached = new Map<string, number>();
  readonly lines: string[] = [];
  readonly #isVerbose: boolean;
  #hash = 0x811c9dc5;
  #isStormy = true;
  events = 0;

  constructor(options: SimOptions, isVerbose: boolean) {
    this.options = options;
    this.agenda = new Agenda(options.startMs);
    this.faults = options.faults;
    this.#isVerbose = isVerbose;
  }

  dice(stream: string): Dice {
    return new Dice(this.options.seed, stream);
  }

  get isStormy(): boolean {
    return this.#isStormy;
  }

  heal(): void {
    this.#isStormy = false;
    this.faults = NO_FAULTS;
  }

  reach(name: string): void {
    this.reached.set(name, (this.reached.get(name) ?? 0) + 1);
  }

  /** Adds a line to the trace. Two worlds of one seed have the same trace, or something is not determined. */
  note(text: string): void {
    this.events++;
    let hash = this.#hash ^ (this.agenda.nowMs & 0xffffffff);
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    this.#hash = hash;
    if (!this.#isVerbose) return;
    const at = (this.agenda.nowMs - this.options.startMs) / 1_000;
    this.lines.push(`${at.toFixed(3).padStart(12)}  ${text}`);
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }
}
