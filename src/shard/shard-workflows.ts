import type { WorkflowRun } from "../core/workflow-run.ts";
import { Errands } from "./errands.ts";
import { LiveWorkflows } from "./live-workflows.ts";
import { wholePages, PAGE } from "./pages.ts";
import { PartNews } from "./part-news.ts";
import { WorkflowDefinitions } from "./workflow-definitions.ts";
import { WorkflowMachines, type MachineDeps } from "./workflow-machines.ts";

/** What a shard's memory holds of workflows: all of it follows from storage. */
export class ShardWorkflows {
  readonly #deps: Pick<MachineDeps, "storage" | "limits">;
  readonly definitions: WorkflowDefinitions;
  readonly live = new LiveWorkflows();
  readonly machines: WorkflowMachines;
  /** Ends of step runs that their workflow runs have not been told. */
  readonly news = new PartNews();
  readonly errands: Errands;
  /** Workflow runs that ended in the transaction under way. */
  readonly justEnded: WorkflowRun[] = [];

  constructor(deps: Pick<MachineDeps, "storage" | "limits" | "runs" | "near">) {
    const { storage, limits } = deps;
    this.#deps = deps;
    this.definitions = new WorkflowDefinitions(storage, limits);
    const { definitions, live, news } = this;
    this.machines = new WorkflowMachines({ ...deps, definitions, live, news });
    this.errands = new Errands(storage, limits);
  }

  /** Reads everything anew: after a start, and after a transaction that was rolled back. */
  rebuild(found: (run: WorkflowRun) => void): void {
    const { storage } = this.#deps;
    this.definitions.rolledBack();
    this.machines.clear();
    this.live.clear();
    this.news.clear();
    this.justEnded.length = 0;
    const read = (last?: WorkflowRun) => storage.workflowRunsAfter(last?.id ?? "", PAGE);
    for (const run of wholePages(read)) {
      this.live.index(run);
      found(run);
    }
    this.errands.rebuild();
  }

  /** The transaction is kept. */
  committed(): void {
    this.definitions.committed();
  }

  /** A workflow run as it is now; undefined when the shard does not hold it. */
  run(workflowRunId: string): WorkflowRun | undefined {
    if (this.live.get(workflowRunId) === undefined) return undefined;
    return (
      this.machines.known(workflowRunId)?.run ?? this.#deps.storage.getWorkflowRun(workflowRunId)
    );
  }

  /** Whether so many more workflow runs, with so many steps, may live. */
  hasRoomFor(runs: number, steps: number): boolean {
    const { liveWorkflowRunsMax, liveStepsMax } = this.#deps.limits;
    const { live } = this;
    // One run of the greatest length is never too much for a shard that holds nothing else.
    const hasSteps = live.size === 0 || live.steps + steps <= liveStepsMax;
    return live.size + runs <= liveWorkflowRunsMax && hasSteps;
  }
}
