import { BoundedMap } from "../core/bounded-map.ts";
import type { OverlapPolicy } from "../core/job.ts";
import { compilePlan, type WorkflowPlan } from "../core/workflow-plan.ts";
import type { Workflow } from "../core/workflow.ts";
import type { ShardStorage } from "../ports/shard-storage.ts";
import type { ShardLimits } from "./limits.ts";
import { wholePages } from "./pages.ts";
import { WeightedMap } from "./weighted-map.ts";

/** What the shard must know of a workflow at every turn, without reading its definition. */
export interface WorkflowHead {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** The newest. */
  readonly version: number;
  readonly overlap: OverlapPolicy;
  readonly concurrency: number | null;
  /** Events that start it. */
  readonly events: readonly string[];
}

/** Definitions read by one look into storage: each may be long. */
const DEFINITIONS_PAGE = 20;
const PRIORITIES_MAX = 10_000;
/** A plan has its whole definition in memory: it weighs as many steps of the usual length as that is long. */
const CHARS_PER_STEP = 150;

/**
 * The workflows of the shard: who is called what and listens to which event, read once when it is first asked
 * for, and their versions made computable, as many as fit.
 */
export class WorkflowDefinitions {
  readonly #storage: ShardStorage;
  readonly #plans: WeightedMap<string, WorkflowPlan>;
  /** By version, of those whose plans may be forgotten. */
  readonly #priorities = new BoundedMap<string, number>(PRIORITIES_MAX);
  readonly #heads = new Map<string, WorkflowHead>();
  /** Ids by namespace and name. */
  readonly #byName = new Map<string, string>();
  /** Ids by namespace and event. */
  readonly #listening = new Map<string, Set<string>>();
  #isLoaded = false;
  /** The transaction under way has changed a definition. */
  #isChanged = false;

  constructor(storage: ShardStorage, limits: ShardLimits) {
    this.#storage = storage;
    this.#plans = new WeightedMap(limits.planStepsMax);
  }

  /** Storage may hold other definitions than memory: after a rollback only if the transaction changed one. */
  rolledBack(): void {
    if (!this.#isChanged) return;
    this.#isLoaded = false;
    this.#isChanged = false;
    this.#plans.clear();
    this.#priorities.clear();
  }

  committed(): void {
    this.#isChanged = false;
  }

  head(workflowId: string): WorkflowHead | undefined {
    this.#load();
    return this.#heads.get(workflowId);
  }

  /** By its id or its name; one of another namespace is unknown. */
  find(namespace: string, workflow: string): WorkflowHead | undefined {
    this.#load();
    const id = this.#byName.get(keyOf(namespace, workflow)) ?? workflow;
    const head = this.#heads.get(id);
    return head?.namespace === namespace ? head : undefined;
  }

  /** Workflows that such an event may start, in the order in which they were first saved. */
  listening(namespace: string, event: string): readonly WorkflowHead[] {
    this.#load();
    const ids = [...(this.#listening.get(keyOf(namespace, event)) ?? [])].toSorted();
    return ids.map((id) => this.#heads.get(id)).filter((head) => head !== undefined);
  }

  /** A version made computable; undefined when it is not stored. */
  plan(workflowId: string, version: number): WorkflowPlan | undefined {
    const key = versionKey(workflowId, version);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const workflow = this.#storage.getWorkflowVersion(workflowId, version);
    if (workflow === undefined) return undefined;
    const plan = compilePlan(workflow);
    const chars = JSON.stringify(workflow.spec).length;
    this.#plans.set(key, plan, Math.max(workflow.spec.steps.length, chars / CHARS_PER_STEP));
    return plan;
  }

  /** What the runs of a version's steps have as theirs. */
  priorityOf(workflowId: string, version: number): number {
    const key = versionKey(workflowId, version);
    const known = this.#priorities.get(key);
    if (known !== undefined) return known;
    const priority = this.plan(workflowId, version)?.workflow.spec.priority ?? 0;
    this.#priorities.set(key, priority);
    return priority;
  }

  /** Follows a write of a new version. */
  saved(workflow: Workflow): void {
    this.#load();
    this.#isChanged = true;
    this.#forget(workflow.id);
    this.#add(workflow);
  }

  /** A version was brought back that nothing but a run of it needs. */
  restored(): void {
    this.#isChanged = true;
  }

  /** Follows a deletion of the workflow: its versions stay until they are dropped themselves. */
  dropped(workflowId: string): void {
    this.#load();
    this.#isChanged = true;
    this.#forget(workflowId);
  }

  droppedVersion(workflowId: string, version: number): void {
    this.#isChanged = true;
    this.#plans.delete(versionKey(workflowId, version));
  }

  #load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    for (const memory of [this.#heads, this.#byName, this.#listening]) memory.clear();
    const read = (last?: Workflow) =>
      this.#storage.workflowsAfter(last?.id ?? "", DEFINITIONS_PAGE);
    for (const workflow of wholePages(read)) this.#add(workflow);
  }

  #add({ id, namespace, version, spec }: Workflow): void {
    const { name, overlap, concurrency } = spec;
    const events = [...new Set(spec.on.map(({ event }) => event))];
    this.#heads.set(id, { id, namespace, name, version, overlap, concurrency, events });
    this.#byName.set(keyOf(namespace, name), id);
    for (const event of events) {
      const key = keyOf(namespace, event);
      this.#listening.set(key, (this.#listening.get(key) ?? new Set()).add(id));
    }
  }

  #forget(workflowId: string): void {
    const head = this.#heads.get(workflowId);
    if (head === undefined) return;
    this.#heads.delete(workflowId);
    this.#byName.delete(keyOf(head.namespace, head.name));
    for (const event of head.events) {
      const key = keyOf(head.namespace, event);
      const ids = this.#listening.get(key);
      ids?.delete(workflowId);
      if (ids?.size === 0) this.#listening.delete(key);
    }
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}\u0000${name}`;
}

export function versionKey(workflowId: string, version: number): string {
  return `${workflowId}@${version}`;
}
