/**
 * Goal: what choosing a node costs, for each policy, at 1,000 nodes.
 * Method: one router chooses again and again; each choice is taken and given back, as a delivery that
 * succeeds does, with 500 others under way. The median of five rounds, in microseconds a choice, and as a
 * ratio to the same loop with a router of one node. `limited`: every node may have one run only, so that
 * each choice changes who can get the next.
 */
import type { ExecutorCopy } from "../../src/core/directory.ts";
import { ROUTE_POLICIES, type RoutePolicy } from "../../src/core/job.ts";
import { Router } from "../../src/core/router.ts";

const NODES = 1_000;
const UNDER_WAY = 500;
const ROUNDS = 5;
const NOW_MS = Date.UTC(2026, 10, 21, 2);

export function routing({ choices }: { readonly choices: number }): object {
  const baseline = microsOf(1, "first", null, choices);
  const table = (concurrency: number | null): object =>
    Object.fromEntries(
      ROUTE_POLICIES.map((policy) => {
        const micros = microsOf(NODES, policy, concurrency, choices);
        return [policy, { micros: rounded(micros), ratio: Math.round(micros / baseline) }];
      }),
    );
  return {
    bench: "routing",
    nodes: NODES,
    choices,
    baselineMicros: rounded(baseline),
    unlimited: table(null),
    limited: table(1),
  };
}

function microsOf(
  nodes: number,
  policy: RoutePolicy,
  concurrency: number | null,
  choices: number,
): number {
  const router = new Router(copyOf(nodes, concurrency));
  for (let i = 0; i < Math.min(UNDER_WAY, nodes - 1); i++) router.took(addressOf(i * 2), NOW_MS);
  const rounds = Array.from({ length: ROUNDS }, () => {
    const beganMs = performance.now();
    for (let i = 0; i < choices; i++) chooseOnce(router, policy, i);
    return ((performance.now() - beganMs) * 1_000) / choices;
  });
  return rounds.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

function chooseOnce(router: Router, policy: RoutePolicy, i: number): void {
  const nowMs = NOW_MS + i;
  const routed = router.choose(
    { policy, handler: "report", key: `k${i}`, pinned: [], only: null, prefer: null, tags: [] },
    { nowMs, draw: ((i * 7_919) % 10_007) / 10_007 },
  );
  if (routed.kind !== "node") return;
  router.took(routed.node.address, nowMs);
  router.succeeded(routed.node.address);
  router.gaveBack(routed.node.address);
}

function copyOf(nodes: number, concurrency: number | null): ExecutorCopy {
  return {
    appKey: "bench",
    namespace: "default",
    sealedSecrets: ["sealed"],
    concurrency: null,
    nodes: Array.from({ length: nodes }, (_, i) => ({
      id: `node_${i}`,
      address: addressOf(i),
      weight: 1 + (i % 5),
      state: "online",
      sinceMs: 0,
      tags: [],
      handlers: ["report", "other"],
      concurrency,
      secret: 0,
      lostMs: null,
    })),
  };
}

function addressOf(i: number): string {
  return `https://node-${i}.example.com`;
}

function rounded(micros: number): number {
  return Number(micros.toFixed(3));
}
