import type { PartRef } from "./workflow-effect.ts";
import { WORKFLOW_LIMITS } from "./workflow.ts";
import { WORKFLOW_RUN_LIMITS } from "./workflow-run.ts";

const REVISIONS = WORKFLOW_RUN_LIMITS.revisionsMax + 1;
/** Parts count from -1. */
const PARTS = Math.max(WORKFLOW_LIMITS.itemsMax, WORKFLOW_LIMITS.tasksMax) + 1;

/** The runs of a workflow run that were started and whose end was not told yet. */
export class LiveParts {
  readonly #keys = new Set<number>();

  get size(): number {
    return this.#keys.size;
  }

  has(ref: PartRef): boolean {
    return this.#keys.has(keyOf(ref));
  }

  add(ref: PartRef): void {
    this.#keys.add(keyOf(ref));
  }

  /** False when it did not live: then its end has been told already, or it was never started. */
  delete(ref: PartRef): boolean {
    return this.#keys.delete(keyOf(ref));
  }

  /** In the order of step, part and revision, however they were started. */
  inOrder(): readonly PartRef[] {
    return [...this.#keys].toSorted((a, b) => a - b).map(refOf);
  }
}

function keyOf({ step, part, revision, isCompensation }: PartRef): number {
  return ((step * PARTS + part + 1) * REVISIONS + revision) * 2 + (isCompensation ? 1 : 0);
}

function refOf(key: number): PartRef {
  const revisions = Math.floor(key / 2);
  const parts = Math.floor(revisions / REVISIONS);
  return {
    step: Math.floor(parts / PARTS),
    part: (parts % PARTS) - 1,
    revision: revisions % REVISIONS,
    isCompensation: key % 2 === 1,
  };
}
