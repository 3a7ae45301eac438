import { shardOfId, workflowShardOf } from "../core/placement.ts";
import { Refusal } from "../core/refusal.ts";
import { checkWorkflow } from "../core/workflow-check.ts";
import type { Workflow, WorkflowSpec } from "../core/workflow.ts";
import type { CommandInput, CommandOutput, Idempotency } from "../ports/shard-client.ts";
import type { WorkflowRef } from "../ports/workflow-commands.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { DirectoryCopies } from "./directory-copies.ts";
import { conflict, type IfMatch, versionWanted } from "./etag.ts";
import type { Counted, QuotaDesk } from "./quota-desk.ts";
import { callShard, type ShardAnswer, unlessRefused } from "./shard-call.ts";
import { checkStepTargets, copiesForSteps } from "./workflow-definition.ts";
import { workflowListedJson } from "./workflow-json.ts";
import { sizeOf, warningsOf, type WorkflowFacts } from "./workflow-facts.ts";
import { type WorkflowBody, workflowSpecOf } from "./workflow-schema.ts";

/** Definitions that a shard hands out at once: each may be long. */
const VERSIONS_AT_ONCE = 8;

export interface WorkflowWrite {
  readonly namespace: string;
  readonly nowMs: number;
  readonly idempotency: Idempotency | null;
}

/** Where a workflow lives. */
export interface WorkflowPlace {
  readonly shard: number;
  readonly ref: WorkflowRef;
}

type PutHow = Pick<CommandInput<"workflow.put">, "mode" | "ifVersion">;

/** Reads and writes workflows in their shards, for the routes. */
export class WorkflowStore {
  readonly #deps: ApiDeps;
  readonly #copies: DirectoryCopies;
  readonly #quotas: QuotaDesk;

  constructor(deps: ApiDeps, copies: DirectoryCopies, quotas: QuotaDesk) {
    this.#deps = deps;
    this.#copies = copies;
    this.#quotas = quotas;
  }

  /** A workflow by id or name, and the shard that owns it. */
  placeOf(namespace: string, workflow: string): WorkflowPlace {
    const { count } = this.#deps.shards;
    const shard = shardOfId("wf", workflow, count) ?? workflowShardOf(namespace, workflow, count);
    return { shard, ref: { namespace, workflow } };
  }

  async get(namespace: string, workflow: string): Promise<CommandOutput<"workflow.get">> {
    const { shard, ref } = this.placeOf(namespace, workflow);
    const order = { shard, kind: "workflow.get", input: { ref }, idempotency: null } as const;
    return (await callShard(this.#deps.shards, order)).value;
  }

  /** Refuses everything that saving it would refuse, and tells what it amounts to. */
  async check(body: WorkflowBody, write: WorkflowWrite): Promise<WorkflowFacts> {
    const { spec } = await this.#checked(body, write);
    const doesExist = async (name: string): Promise<boolean> =>
      (await unlessRefused(["workflow.unknown"], this.get(write.namespace, name))) !== null;
    return { ...sizeOf(spec), warnings: await warningsOf(spec, doesExist) };
  }

  async create(body: WorkflowBody, write: WorkflowWrite): Promise<ShardAnswer<"workflow.put">> {
    return this.#put(body, { mode: "create", ifVersion: null }, write);
  }

  /** Creates it or adds a version; only adds one when the caller insists on what there is. */
  async replace(
    body: WorkflowBody,
    ifMatch: IfMatch | null,
    write: WorkflowWrite,
  ): Promise<ShardAnswer<"workflow.put">> {
    if (ifMatch === null) return this.#put(body, { mode: "upsert", ifVersion: null }, write);
    const current = await unlessRefused(["workflow.unknown"], this.get(write.namespace, body.name));
    if (current === null) throw conflict();
    const { version } = current.workflow;
    const ifVersion = await versionWanted(ifMatch, () => Promise.resolve(version));
    return this.#put(body, { mode: "upsert", ifVersion }, write);
  }

  async delete(
    { shard, ref }: WorkflowPlace,
    options: {
      readonly ifMatch: IfMatch | null;
      readonly running: "finish" | "cancel";
      readonly nowMs: number;
    },
  ): Promise<void> {
    const ifVersion = await versionWanted(
      options.ifMatch,
      async () => (await this.get(ref.namespace, ref.workflow)).workflow.version,
    );
    const input = { ref, ifVersion, running: options.running };
    const order = { shard, kind: "workflow.delete", input, idempotency: null } as const;
    const drop = () => callShard(this.#deps.shards, order);
    const at = { namespace: ref.namespace, nowMs: options.nowMs };
    if (await this.#quotas.doesCount({ ...at, kind: "workflows" })) {
      // Names are counted, and the caller may have named the id.
      const { name } = (await this.get(ref.namespace, ref.workflow)).workflow.spec;
      await this.#quotas.deleting(this.#counted(at, name), drop);
    } else await drop();
  }

  /** The newest versions before one, without their steps; 0 begins with the newest. */
  async versions(
    { shard, ref }: WorkflowPlace,
    page: { readonly beforeVersion: number; readonly limit: number },
  ): Promise<readonly ReturnType<typeof workflowListedJson>[]> {
    const found: ReturnType<typeof workflowListedJson>[] = [];
    let { beforeVersion } = page;
    while (found.length < page.limit) {
      const limit = Math.min(VERSIONS_AT_ONCE, page.limit - found.length);
      const input = { ref, beforeVersion, limit };
      const order = { shard, kind: "workflow.versions", input, idempotency: null } as const;
      // oxlint-disable-next-line no-await-in-loop -- Each goes on where the one before it ended.
      const { versions } = (await callShard(this.#deps.shards, order)).value;
      const last = versions.at(-1);
      if (last === undefined) break;
      found.push(...versions.map(workflowListedJson));
      beforeVersion = last.version;
      if (beforeVersion === 1) break;
    }
    return found;
  }

  /** One version, from its shard or, when that keeps it no more, from the records. */
  async version(namespace: string, workflow: string, version: number): Promise<Workflow> {
    const { shard, ref } = this.placeOf(namespace, workflow);
    const input = { ref, beforeVersion: version + 1, limit: 1 };
    const order = { shard, kind: "workflow.versions", input, idempotency: null } as const;
    const held = await unlessRefused(["workflow.unknown"], callShard(this.#deps.shards, order));
    const [newest] = held?.value.versions ?? [];
    if (newest?.version === version) return newest;
    const id = newest?.id ?? (await this.#idOf(namespace, workflow));
    const recorded = id === null ? null : await this.#deps.records.workflowVersion(id, version);
    // The records find it by its id alone.
    if (recorded?.namespace === namespace) return recorded;
    throw new Refusal("workflow.unknown", `Workflow ${workflow} has no version ${version}.`, {
      hint: "GET /api/v1/workflows/{workflow}/versions lists the versions.",
    });
  }

  /** An id that the caller knows stays good when the workflow is gone; a name does not. */
  async #idOf(namespace: string, workflow: string): Promise<string | null> {
    if (shardOfId("wf", workflow, this.#deps.shards.count) !== undefined) return workflow;
    const held = await unlessRefused(["workflow.unknown"], this.get(namespace, workflow));
    return held?.workflow.id ?? null;
  }

  async #put(
    body: WorkflowBody,
    how: PutHow,
    write: WorkflowWrite,
  ): Promise<ShardAnswer<"workflow.put">> {
    const { spec, copies, shard } = await this.#checked(body, write);
    const { namespace, idempotency } = write;
    const input = { namespace, spec, ...how, copies };
    const order = { shard, kind: "workflow.put", input, idempotency } as const;
    const put = () => callShard(this.#deps.shards, order);
    // Where a version is insisted on, no new workflow comes of it.
    if (how.ifVersion !== null) return put();
    return this.#quotas.creating(this.#counted(write, spec.name), put);
  }

  #counted(
    { namespace, nowMs }: Pick<WorkflowWrite, "namespace" | "nowMs">,
    name: string,
  ): Counted {
    const isThere = async (workflow: string): Promise<boolean> =>
      (await unlessRefused(["workflow.unknown"], this.get(namespace, workflow))) !== null;
    return { namespace, kind: "workflows", name, nowMs, isThere };
  }

  async #checked(body: WorkflowBody, { namespace, nowMs }: WorkflowWrite) {
    const spec: WorkflowSpec = workflowSpecOf(body);
    checkWorkflow(spec);
    checkStepTargets(spec, this.#deps);
    const shard = workflowShardOf(namespace, spec.name, this.#deps.shards.count);
    const copies = await copiesForSteps(spec, this.#copies, { namespace, shard, nowMs });
    return { spec, shard, copies };
  }
}
