import type { Workflow } from "../../src/core/workflow.ts";
import type { Errand } from "../../src/ports/shard-storage.ts";
import type { WorkflowStory } from "./workflow-story.ts";

/** A workflow as its shard has stored it. */
export interface WorkflowFacts {
  readonly shard: number;
  newest: Workflow;
  isDeleted: boolean;
  /** Runs of it that have begun and not ended. */
  readonly started: Set<WorkflowStory>;
  readonly waiting: Set<WorkflowStory>;
}

/** An event that was taken, and what it is bound to start. */
export interface Expected {
  readonly shard: number;
  readonly eventId: string;
  readonly workflowIds: readonly string[];
}

/** Everything about workflows that the world has committed. */
export class KnownWorkflows {
  readonly versions = new Map<string, Workflow>();
  readonly facts = new Map<string, WorkflowFacts>();
  readonly stories = new Map<string, WorkflowStory>();
  /** Workflow runs by the attempt that started them. */
  readonly byAttempt = new Map<string, WorkflowStory>();
  /** By event and workflow. */
  readonly byEvent = new Map<string, WorkflowStory>();
  /** Events that have started something. */
  readonly events = new Set<string>();
  /** Attempts whose workflow runs were told to stop, and when by the clock of their shard. */
  readonly stopped = new Map<string, number>();
  /** Runs that were asked for beside all others. */
  readonly waived = new Set<string>();
  readonly errands: readonly Map<string, Errand>[];
  /** In the transaction under way. */
  readonly touched = new Set<WorkflowStory>();
  expected: Expected[] = [];

  constructor(shards: number) {
    this.errands = Array.from({ length: shards }, () => new Map<string, Errand>());
  }

  errandsOf(shard: number): Map<string, Errand> {
    return this.errands[shard] ?? new Map<string, Errand>();
  }

  /** Undefined also where nobody has heard of it yet. */
  storyOf(workflowRun: string): WorkflowStory | undefined {
    return this.stories.get(workflowRun);
  }

  factsOf({ workflow }: WorkflowStory): WorkflowFacts | undefined {
    return this.facts.get(workflow.id);
  }
}

/** How long a shard knows what it was told by its name. */
const REMEMBERED_MS = 86_400_000;

/** Whether a shard may have forgotten by now what it was told then; its clock may have stepped meanwhile. */
export function isForgotten(toldMs: number, nowMs: number): boolean {
  return nowMs - toldMs >= REMEMBERED_MS;
}

export function versionKey({
  id,
  version,
}: {
  readonly id: string;
  readonly version: number;
}): string {
  return `${id}@${version}`;
}

export function attemptKey(of: { readonly run: string; readonly attempt: number }): string {
  return `${of.run}#${of.attempt}`;
}
