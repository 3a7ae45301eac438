import type { StepRow } from "../core/workflow-run.ts";
import type { ShardStorage } from "../ports/shard-storage.ts";
import { WeightedMap } from "./weighted-map.ts";

export const RECENT_STEPS_LIMITS = {
  /** Characters of the rows that are kept, over all workflow runs; the newest is kept even if it is longer. */
  charsMax: 4_000_000,
} as const;

/**
 * The rows of steps that were read last: a map asks for what it goes over with each of its items, and so do their
 * params for what the steps before gave, which may be a million characters long. Everything can be read again.
 */
export class RecentSteps {
  readonly #storage: ShardStorage;
  readonly #rows = new WeightedMap<string, StepRow>(RECENT_STEPS_LIMITS.charsMax);

  constructor(storage: ShardStorage) {
    this.#storage = storage;
  }

  /** The row as it is stored. */
  row(workflowRunId: string, step: number, part: number): StepRow | undefined {
    // Those of tasks and items are read once, when all of them are counted.
    if (part !== -1) return this.#storage.getStep(workflowRunId, step, part);
    const key = keyOf(workflowRunId, step);
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#storage.getStep(workflowRunId, step, part);
    if (row !== undefined) this.#rows.set(key, row, JSON.stringify(row).length);
    return row;
  }

  /** Follows a write of a row. */
  forget({ workflowRun, step, part }: StepRow): void {
    if (part === -1) this.#rows.delete(keyOf(workflowRun, step));
  }

  clear(): void {
    this.#rows.clear();
  }
}

function keyOf(workflowRunId: string, step: number): string {
  return `${workflowRunId}/${step}`;
}
