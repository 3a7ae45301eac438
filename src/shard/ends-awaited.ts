import { isEnded, type Run } from "../core/run.ts";
import type { Timers } from "../ports/timers.ts";
import { isWorkflowEnded, type WorkflowRun } from "../core/workflow-run.ts";
import type { HeldEffects } from "./held-effects.ts";
import { RunWaiters } from "./run-waiters.ts";
import type { Shard } from "./shard.ts";

/** Those who wait for the ends of runs and of workflow runs. They hear of nothing that a power cut could undo. */
export class EndsAwaited {
  readonly #shard: Shard;
  readonly #held: HeldEffects;
  readonly #runs: RunWaiters<Run>;
  readonly #workflowRuns: RunWaiters<WorkflowRun>;

  constructor(shard: Shard, timers: Timers, held: HeldEffects) {
    this.#shard = shard;
    this.#held = held;
    this.#runs = new RunWaiters(timers);
    this.#workflowRuns = new RunWaiters(timers);
    shard.onRunEnded = (run) => this.#tell(this.#runs, run);
    shard.onWorkflowRunEnded = (run) => this.#tell(this.#workflowRuns, run);
  }

  /** The run once it has ended, or as it is after `waitMs`; null when there is none. */
  async run(id: string, waitMs: number): Promise<Run | null> {
    const run = this.#shard.run(id);
    if (run === undefined) return null;
    const ended = isEnded(run.phase) ? null : await this.#runs.wait(id, waitMs);
    if (ended !== null) return ended;
    return this.#settled(this.#shard.run(id));
  }

  /** The same of a workflow run. */
  async workflowRun(id: string, waitMs: number): Promise<WorkflowRun | null> {
    const run = this.#shard.workflowRun(id);
    if (run === undefined) return null;
    const ended = isWorkflowEnded(run.phase) ? null : await this.#workflowRuns.wait(id, waitMs);
    if (ended !== null) return ended;
    return this.#settled(this.#shard.workflowRun(id));
  }

  #tell<T extends { readonly id: string }>(waiters: RunWaiters<T>, run: T): void {
    if (waiters.isAwaited(run.id)) this.#held.after(() => waiters.ended(run));
  }

  async #settled<T>(value: T | undefined): Promise<T | null> {
    await this.#held.settled();
    return value ?? null;
  }
}
