import type { Context, MiddlewareHandler } from "hono";
import { Refusal } from "../core/refusal.ts";
import type { Run } from "../core/run.ts";
import type { JobView } from "../ports/shard-client.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import { limitRuleOf } from "./executor-limit-rules.ts";
import type { Principal } from "./principal.ts";
import { placeOfJob, principalOf } from "./request-of.ts";
import { routeOf } from "./routes.ts";
import type { RunStore } from "./run-store.ts";
import { callShard } from "./shard-call.ts";

type Limited = Pick<Principal, "executors">;

/** As much of a target as says where deliveries go. */
interface AnyTarget {
  readonly kind: string;
  readonly executor?: string;
}

/**
 * Stands before every handler for callers who are limited to named executors: what belongs to another executor is
 * to them as if it did not exist, and what belongs to no executor they may not do. A route that has no rule is
 * refused, so that none can be forgotten.
 */
export function limitExecutors(
  deps: Pick<ApiDeps, "shards">,
  runs: RunStore,
): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const principal = c.get("principal");
    const entry = routeOf(c.req.method, c.req.path);
    if (principal === null || principal.executors === null || entry === undefined) return next();
    const rule = limitRuleOf(entry);
    if (rule === "refused") throw beyondLimit(principal.executors);
    const id = namedBy(c.req.path, entry.path);
    if (rule === "job") await refuseOtherJob(deps, principal, id);
    if (rule === "run") await refuseOtherRun(runs, principal, id);
    if (rule === "executor") refuseOtherExecutor(principal, id);
    return next();
  };
}

/** Whether a job with this target, or a run of it, is one that the caller may handle. */
export function mayHandle({ executors }: Limited, { kind, executor }: AnyTarget): boolean {
  if (executors === null) return true;
  return kind === "executor" && executor !== undefined && executors.includes(executor);
}

/** Throws `permission.denied` for a job that would have a target that the caller may not handle. */
export function refuseOtherTarget(c: Context<ApiEnv>, target: AnyTarget): void {
  const principal = principalOf(c);
  if (mayHandle(principal, target)) return;
  throw beyondLimit(principal.executors ?? [], "/target");
}

/** Throws `permission.denied` for an executor that the caller may not make. */
export function refuseOtherAppKey(c: Context<ApiEnv>, appKey: string | undefined): void {
  const { executors } = principalOf(c);
  if (executors === null || (appKey !== undefined && executors.includes(appKey))) return;
  throw beyondLimit(executors, "/appKey");
}

/** Whether the run is one that the caller may see. What it was told to do counts, not what its job is now. */
export function maySeeRun(who: Limited, { order, trigger }: Run): boolean {
  return who.executors === null || (trigger.kind !== "workflow" && mayHandle(who, order.target));
}

/** A job with those of its runs that the caller may see: its target may have been another when they began. */
export function ownView(c: Context<ApiEnv>, view: JobView): JobView {
  const who = principalOf(c);
  return { ...view, runs: view.runs.filter((run) => maySeeRun(who, run)) };
}

/** What a list is narrowed to; nothing where there is no limit. */
export function narrowedTo({ executors }: Limited): { readonly executors?: readonly string[] } {
  return executors === null ? {} : { executors };
}

/** Throws `job.unknown`, as the job's shard does for a job that never was. */
async function refuseOtherJob(
  { shards }: Pick<ApiDeps, "shards">,
  who: Principal,
  job: string,
): Promise<void> {
  const { shard, ref } = placeOfJob(who.namespace, job, shards.count);
  const order = { shard, kind: "job.get", input: { ref }, idempotency: null } as const;
  const { view } = (await callShard(shards, order)).value;
  if (!mayHandle(who, view.job.spec.target))
    throw new Refusal("job.unknown", `There is no job "${job}".`);
}

async function refuseOtherRun(runs: RunStore, who: Principal, runId: string): Promise<void> {
  const run = await runs.get(who.namespace, runId);
  if (!maySeeRun(who, run)) throw new Refusal("run.unknown", `There is no run ${runId}.`);
}

function refuseOtherExecutor({ executors }: Limited, appKey: string): void {
  if (executors === null || executors.includes(appKey)) return;
  throw new Refusal("executor.unknown", `There is no executor with the appKey ${appKey}.`);
}

/** The first parameter of the path, which names the object that the rule is about. */
function namedBy(path: string, pattern: string): string {
  const at = pattern.split("/").findIndex((segment) => segment.startsWith("{"));
  return decoded(path.split("/")[at] ?? "");
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // What is no percent-encoding names nothing.
    return segment;
  }
}

function beyondLimit(executors: readonly string[], pointer?: string): Refusal {
  const message = `You are limited to the executors ${executors.join(", ")}.`;
  return new Refusal("permission.denied", message, {
    hint: "Ask an admin of the namespace for more executors, or for none to be named.",
    ...(pointer === undefined ? {} : { errors: [{ pointer, message }] }),
  });
}
