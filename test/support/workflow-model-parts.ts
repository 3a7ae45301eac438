import type { Json } from "../../src/core/json.ts";
import type { PartRef } from "../../src/core/workflow-effect.ts";
import type { ModelStep } from "./workflow-model-step.ts";

const PARTS_LIVE_MAX = 1_000;

export const partKey = (ref: PartRef): string =>
  `${ref.step}/${ref.part}@${ref.revision}${ref.isCompensation ? "~" : ""}`;

/** The params are undefined until they are evaluated. */
type Due = PartRef & { readonly params: Json | undefined };

/** The parts of a run in the model: those that live, and those that stand in line because there is no room. */
export class ModelParts {
  /** True where it was canceled already. */
  readonly live = new Map<string, { readonly ref: PartRef; isCanceled: boolean }>();
  /** Of the last input. */
  starts: (PartRef & { readonly params: Json })[] = [];
  cancels: string[] = [];
  #line: Due[] = [];

  /** Those of the step as it is now that live or stand in line. */
  busy(step: ModelStep): number {
    return [...[...this.live.values()].map(({ ref }) => ref), ...this.#line].filter(
      (ref) => ref.step === step.place && ref.revision === step.revision,
    ).length;
  }

  push({ place, revision }: ModelStep, part: number, params?: Json): void {
    this.#line.push({ step: place, part, revision, isCompensation: false, params });
  }

  /** The next one in line, if there is room. */
  shift(): Due | undefined {
    return this.live.size < PARTS_LIVE_MAX ? this.#line.shift() : undefined;
  }

  start({ step, part, revision, isCompensation }: PartRef, params: Json): void {
    const ref = { step, part, revision, isCompensation };
    this.live.set(partKey(ref), { ref, isCanceled: false });
    this.starts.push({ ...ref, params });
  }

  /** Takes the parts of a step out of the line, and cancels those that live. */
  cancel(step: ModelStep): void {
    this.leave(step);
    for (const [key, part] of this.live)
      if (part.ref.step === step.place && !part.isCanceled) {
        part.isCanceled = true;
        this.cancels.push(key);
      }
  }

  /** Takes the parts of a step out of the line, and lets those that live finish. */
  leave(step: ModelStep): void {
    this.#line = this.#line.filter((ref) => ref.step !== step.place);
  }
}
