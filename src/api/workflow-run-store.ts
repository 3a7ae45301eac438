import { shardOfId } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { isWorkflowEnded, type WorkflowRun } from "../core/workflow-run.ts";
import type { Idempotency } from "../ports/shard-client.ts";
import type { WorkflowAction, WorkflowRunView } from "../ports/workflow-commands.ts";
import type { ApiDeps } from "./api-deps.ts";
import { afterOf, cursorOf } from "./page-cursor.ts";
import { callShard, reach, type ShardAnswer, unlessRefused } from "./shard-call.ts";
import {
  RecordedWorkflowRuns,
  type StepDetail,
  type StepWanted,
  unknownWorkflowRun,
} from "./workflow-run-records.ts";

const PARTS = "parts";

/**
 * Finds workflow runs where they are: in the shard that made them, or in the records once they have left it.
 */
export class WorkflowRunStore {
  readonly #deps: Pick<ApiDeps, "shards" | "records">;
  readonly #recorded: RecordedWorkflowRuns;

  constructor(deps: Pick<ApiDeps, "shards" | "records">) {
    this.#deps = deps;
    this.#recorded = new RecordedWorkflowRuns(deps.records);
  }

  /** The shard that made a workflow run. A text that is no such id names none. */
  shardOf(workflowRun: string): number {
    const shard = shardOfId("wr", workflowRun, this.#deps.shards.count);
    if (shard === undefined) throw unknownWorkflowRun(workflowRun);
    return shard;
  }

  /** With every step. */
  async view(namespace: string, workflowRun: string): Promise<WorkflowRunView> {
    const shard = this.shardOf(workflowRun);
    const input = { ref: { namespace, workflowRun } };
    const order = { shard, kind: "workflow-run.get", input, idempotency: null } as const;
    const held = await this.#unlessGone(callShard(this.#deps.shards, order));
    return held?.value.view ?? this.#recorded.view(namespace, workflowRun);
  }

  /** Without its steps. */
  async get(namespace: string, workflowRun: string): Promise<WorkflowRun> {
    const held = await this.#held(workflowRun, 0);
    if (held === null) return this.#recorded.get(namespace, workflowRun);
    if (held.namespace !== namespace) throw unknownWorkflowRun(workflowRun);
    return held;
  }

  /** The workflow run when it ends, or as it is when the wait is over. */
  async waited(run: WorkflowRun, waitMs: number): Promise<WorkflowRun> {
    if (waitMs === 0 || isWorkflowEnded(run.phase)) return run;
    const later = await this.#held(run.id, waitMs);
    return later ?? this.#recorded.get(run.namespace, run.id);
  }

  /** One step with its whole output, and a page of its tasks or items. */
  async step(namespace: string, wanted: StepWanted): Promise<StepDetail> {
    const afterPart = partBefore(wanted.cursor);
    if (afterPart === null) return this.#recorded.step(namespace, wanted);
    const { workflowRun, step, limit } = wanted;
    const shard = this.shardOf(workflowRun);
    const input = { ref: { namespace, workflowRun }, step, afterPart, limit };
    const order = { shard, kind: "workflow-run.step", input, idempotency: null } as const;
    const held = await this.#unlessGone(callShard(this.#deps.shards, order));
    if (held === null) return this.#recorded.step(namespace, wanted);
    const { value } = held;
    const last = value.parts.at(-1);
    const hasMore = last !== undefined && last.part + 1 < value.step.parts;
    return { ...value, nextCursor: hasMore ? cursorOf(PARTS, String(last.part)) : null };
  }

  /**
   * Does something to a workflow run. One that has left its shard has ended: then only what begins it anew can be
   * done, and the shard gets it back with the order.
   */
  async act(
    at: { readonly namespace: string; readonly workflowRun: string },
    action: WorkflowAction,
    idempotency: Idempotency | null,
  ): Promise<ShardAnswer<"workflow-run.act">> {
    const { shards } = this.#deps;
    const shard = this.shardOf(at.workflowRun);
    const input = { ref: at, origin: null, action };
    const order = { shard, kind: "workflow-run.act", input, idempotency } as const;
    const held = await this.#unlessGone(callShard(shards, order));
    if (held !== null) return held;
    const run = await this.#recorded.get(at.namespace, at.workflowRun);
    if (action.kind === "cancel" && run.phase.state === "canceled")
      return { value: { run }, isReplay: false };
    if (!beginsAnew(action))
      throw new Refusal(
        "workflow_run.ended",
        `Workflow run ${run.id} has ended already: ${run.phase.state}.`,
      );
    const origin = await this.#recorded.origin(run);
    return callShard(shards, { ...order, input: { ...input, origin } });
  }

  /** As its shard has it when it ends or the wait is over; null when it has left. */
  #held(workflowRun: string, waitMs: number): Promise<WorkflowRun | null> {
    const client = this.#deps.shards.at(this.shardOf(workflowRun));
    return reach(() => client.waitForWorkflowRun(workflowRun, waitMs));
  }

  #unlessGone<T>(work: Promise<T>): Promise<T | null> {
    return unlessRefused(["workflow_run.unknown"], work);
  }
}

function beginsAnew(action: WorkflowAction): boolean {
  if (action.kind === "retry") return true;
  return action.kind === "decide" && (action.action === "skip" || action.action === "succeed");
}

/** The part behind which a page of the shard goes on; null for a cursor of the records. */
function partBefore(cursor: string | undefined): number | null {
  try {
    return Number(afterOf(PARTS, cursor) ?? -1);
  } catch (error) {
    if (error instanceof Refusal && error.data.code === "cursor.invalid") return null;
    throw error;
  }
}
