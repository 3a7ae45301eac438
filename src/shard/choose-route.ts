import { pinnedOf } from "../core/candidates.ts";
import { executorKey } from "../core/directory.ts";
import type { ExecutorCopy, NodeCopy } from "../core/directory.ts";
import type { TargetSpec } from "../core/job.ts";
import { hashKeyOf } from "../core/hash-key.ts";
import type { RouteRequest } from "../core/router.ts";
import type { Run } from "../core/run.ts";
import type { Route, RouteNode } from "../ports/dispatcher.ts";
import type { Block, NodeSet } from "./blocked-runs.ts";
import type { RoutedExecutor } from "./shard-executors.ts";
import type { ShardState } from "./shard-state.ts";

/** Where an attempt goes, or what keeps it from going anywhere now. */
export type Chosen =
  | {
      readonly kind: "route";
      readonly route: Route;
      /** The host that the delivery counts for; null when nothing is sent. */
      readonly hostKey: string | null;
    }
  | { readonly kind: "blocked"; readonly block: Block };

type ExecutorTarget = Extract<TargetSpec, { readonly kind: "executor" }>;
type WorkflowTarget = Extract<TargetSpec, { readonly kind: "workflow" }>;

/** Chooses for the next attempt of a run, within every bound on hosts, executors and nodes. */
export function chooseRoute(state: ShardState, run: Run, nowMs: number): Chosen {
  const { target } = run.order;
  if (target.kind === "executor") return toExecutor(state, run, { target, nowMs });
  if (target.kind === "workflow") return toWorkflow(state, run, target);
  const hostKey = state.hosts.of(target.url);
  if (isHostFull(state, hostKey)) return blockedBy(hostKey);
  const signingGenerations = state.namespaces.signingGenerations(run.namespace);
  return { kind: "route", route: { kind: "webhook", target, signingGenerations }, hostKey };
}

/** A shard takes what is sent to it by others, so nothing but the slots bounds these. */
function toWorkflow(state: ShardState, { trigger }: Run, target: WorkflowTarget): Chosen {
  const parent = trigger.kind === "workflow" ? state.workflows.run(trigger.workflowRun) : undefined;
  const nesting = parent === undefined ? 0 : parent.nesting + 1;
  return { kind: "route", route: { kind: "workflow", target, nesting }, hostKey: null };
}

function toExecutor(
  state: ShardState,
  run: Run,
  { target, nowMs }: { readonly target: ExecutorTarget; readonly nowMs: number },
): Chosen {
  const executor = state.executors.get(executorKey(run.namespace, target.executor), nowMs);
  if (executor === undefined)
    return none(`There is no executor "${target.executor}".`, "executor.unknown");
  const { key, copy, router } = executor;
  if (copy.concurrency !== null && state.executors.occupiedOf(key) >= copy.concurrency)
    return blockedBy(key);
  const request = requestOf(run, target);
  if ("error" in request)
    return none(`The hash key cannot be evaluated: ${request.error}`, "expression.failed");
  const routed = router.choose(request, { nowMs, draw: state.random.next() });
  if (routed.kind === "none") return none(routed.message, routed.code);
  if (routed.kind === "busy") {
    const { untilMs } = routed;
    return { kind: "blocked", block: blockOf(executor, request, { untilMs, hostKeys: [] }) };
  }
  return withinHosts(state, { executor, request, target }, [routed.node, ...routed.alternates]);
}

/** The first node whose host takes one more, the others after it. */
function withinHosts(
  state: ShardState,
  to: {
    readonly executor: RoutedExecutor;
    readonly request: RouteRequest;
    readonly target: ExecutorTarget;
  },
  nodes: readonly NodeCopy[],
): Chosen {
  const { executor, request, target } = to;
  const { copy } = executor;
  const node = nodes.find(({ address }) => !isHostFull(state, state.hosts.of(address)));
  if (node === undefined) {
    const hostKeys = nodes.map(({ address }) => state.hosts.of(address));
    return { kind: "blocked", block: blockOf(executor, request, { untilMs: null, hostKeys }) };
  }
  const alternates = nodes.filter((other) => other !== node).map((each) => routeNode(copy, each));
  const route: Route = {
    kind: "executor",
    target,
    node: routeNode(copy, node),
    alternates,
    appKey: copy.appKey,
  };
  return { kind: "route", route, hostKey: state.hosts.of(node.address) };
}

function requestOf(run: Run, target: ExecutorTarget): RouteRequest | { readonly error: string } {
  const { params, node } = run.order;
  const occasion = { job: run.jobName, params, nominalMs: run.nominalMs };
  const hashed = hashKeyOf(target, occasion);
  if (hashed.kind === "error") return { error: hashed.message };
  return {
    policy: target.route,
    handler: target.handler,
    tags: target.tags,
    key: hashed.key,
    pinned: pinnedOf(target.node),
    only: node,
    prefer: run.slice?.node ?? null,
  };
}

function routeNode({ sealedSecrets }: ExecutorCopy, { address, secret }: NodeCopy): RouteNode {
  return { address, sealedSecret: sealedSecrets[secret] ?? sealedSecrets[0] ?? "" };
}

function isHostFull({ inFlight, limits }: ShardState, hostKey: string): boolean {
  return inFlight.outTo(hostKey) >= limits.hostConcurrency;
}

function blockedBy(key: string): Chosen {
  return { kind: "blocked", block: { key, nodes: null, hostKeys: [], untilMs: null } };
}

function blockOf(
  { key, copy }: RoutedExecutor,
  request: RouteRequest,
  more: Pick<Block, "hostKeys" | "untilMs">,
): Block {
  return { key, nodes: nodeSetOf(copy, request), ...more };
}

function nodeSetOf({ nodes }: ExecutorCopy, request: RouteRequest): NodeSet {
  const { handler, tags, pinned, only } = request;
  const names = only === null ? pinned : [only];
  const [name] = names;
  if (names.length === 1 && name !== undefined) {
    const named = nodes.find(({ id, address }) => id === name || address === name);
    return { name, address: named?.address ?? name };
  }
  const isAny = tags.length === 0 && pinned.length === 0;
  return { name: isAny ? handler : JSON.stringify([handler, tags, pinned]), address: null };
}

function none(message: string, code: string): Chosen {
  const route: Route = { kind: "none", error: { message, code } };
  return { kind: "route", route, hostKey: null };
}
