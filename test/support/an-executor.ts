import type { ExecutorCopy, NodeCopy } from "../../src/core/directory.ts";
import type { RouteRequest } from "../../src/core/router.ts";

/** A node named by a letter, online and without any bound, unless a test says otherwise. */
export function aNode(name: string, more: Partial<NodeCopy> = {}): NodeCopy {
  return {
    id: `node_${name}`,
    address: `https://${name}.example.com`,
    weight: 1,
    state: "online",
    sinceMs: 0,
    tags: [],
    handlers: null,
    concurrency: null,
    secret: 0,
    lostMs: null,
    ...more,
  };
}

export function anExecutor(nodes: readonly NodeCopy[]): ExecutorCopy {
  return {
    appKey: "orders",
    namespace: "default",
    nodes,
    sealedSecrets: ["sealed"],
    concurrency: null,
  };
}

/** A request for any node, in turn, unless a test says otherwise. */
export function aRouteRequest(more: Partial<RouteRequest> = {}): RouteRequest {
  return {
    policy: "round_robin",
    handler: "report",
    key: "nightly-report",
    pinned: [],
    only: null,
    prefer: null,
    tags: [],
    ...more,
  };
}
