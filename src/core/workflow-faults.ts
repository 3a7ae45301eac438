import { durationMs, durationText, type DurationText } from "./duration.ts";
import { Refusal } from "./refusal.ts";

export const FAULT_LIMITS = {
  /** Faults that one refusal tells; the rest is found when these are mended. */
  faultsMax: 20,
} as const;

interface Fault {
  readonly pointer: string;
  readonly message: string;
}

/** What is wrong with a definition: gathered, so that one refusal tells several faults at once. */
export class Faults {
  readonly #faults: Fault[] = [];
  #hint: { readonly text: string | undefined } | undefined;

  /** The first hint is the refusal's: only that one is made. */
  add(pointer: string, message: string, hint?: () => string | undefined): void {
    if (this.isFull) return;
    this.#faults.push({ pointer, message });
    if (hint !== undefined) this.#hint ??= { text: hint() };
  }

  /** Nothing more is gathered. */
  get isFull(): boolean {
    return this.#faults.length >= FAULT_LIMITS.faultsMax;
  }

  /** Throws `workflow.invalid` when there is a fault. */
  settle(): void {
    const [first] = this.#faults;
    if (first === undefined) return;
    const hint = this.#hint?.text;
    throw new Refusal("workflow.invalid", `The workflow is not valid: ${first.message}`, {
      errors: this.#faults,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** A whole number within bounds. */
  checkCount(pointer: string, value: number, bounds: Bounds): void {
    if (!Number.isInteger(value) || value < bounds.min || value > bounds.max)
      this.add(pointer, `Not a whole number from ${bounds.min} to ${bounds.max}.`);
  }

  /** A duration within bounds in milliseconds; left out, there is nothing to check. */
  checkDuration(pointer: string, text: DurationText | undefined, bounds: Bounds): void {
    if (text === undefined) return;
    const ms = durationMs(text);
    if (ms === undefined) this.add(pointer, 'Not a duration such as "30s" or "PT30S".');
    else if (ms < bounds.min || ms > bounds.max)
      this.add(pointer, `Not from ${durationText(bounds.min)} to ${durationText(bounds.max)}.`);
  }
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}
