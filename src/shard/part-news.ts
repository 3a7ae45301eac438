import type { Json } from "../core/json.ts";
import { isEnded, type Run, type WorkflowPart } from "../core/run.ts";
import type { PartEnd, PartRef } from "../core/workflow-effect.ts";

/** What an answer lays over the context of a workflow run. */
type Context = { readonly [key: string]: Json };

/**
 * Gathers the ends of step runs in a transaction, so that many ends are told to their workflow run together. It
 * holds nothing beyond the transaction: `settleWorkflows` takes all of it before the commit.
 */
export class PartNews {
  /** By workflow run, in the order they ended. */
  #ends = new Map<string, Run[]>();
  /** By run: what the answer that ended it said. The run itself does not keep it. */
  #contexts = new Map<string, Context>();

  /** Follows the end of a run; each is told once. */
  ended(run: Run): void {
    if (run.trigger.kind !== "workflow") return;
    const { workflowRun } = run.trigger;
    const ends = this.#ends.get(workflowRun);
    if (ends === undefined) this.#ends.set(workflowRun, [run]);
    else ends.push(run);
  }

  /** What came with the answer or the callback that has just ended this run. */
  said({ id, trigger, phase }: Run, context: Context | null): void {
    if (context === null || trigger.kind !== "workflow" || phase.state !== "succeeded") return;
    this.#contexts.set(id, context);
  }

  /** Parts of a workflow run whose ends it has not been told. */
  untoldOf(workflowRunId: string): readonly PartRef[] {
    return (this.#ends.get(workflowRunId) ?? []).flatMap(({ trigger }) =>
      trigger.kind === "workflow" ? [refOf(trigger)] : [],
    );
  }

  /** Undefined when no part has ended. Everything that is taken must be told. */
  take(): ReadonlyMap<string, readonly PartEnd[]> | undefined {
    if (this.#ends.size === 0) return undefined;
    const told = new Map<string, readonly PartEnd[]>();
    for (const [id, runs] of this.#ends)
      told.set(
        id,
        runs.flatMap((run) => this.#endOf(run)),
      );
    this.clear();
    return told;
  }

  clear(): void {
    this.#ends = new Map();
    this.#contexts = new Map();
  }

  #endOf({ id, trigger, phase, result, resultTruncated, error, startedMs }: Run): PartEnd[] {
    if (trigger.kind !== "workflow" || !isEnded(phase)) return [];
    return [
      {
        ...refOf(trigger),
        state: phase.state,
        output: phase.state === "succeeded" ? result : null,
        outputTruncated: resultTruncated,
        error,
        startedMs,
        context: this.#contexts.get(id) ?? null,
      },
    ];
  }
}

export function refOf({ step, part, revision, isCompensation }: WorkflowPart): PartRef {
  return { step, part, revision, isCompensation };
}
