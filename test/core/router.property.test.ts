import fc from "fast-check";
import { expect, test } from "vitest";
import type { ExecutorCopy, NodeCopy } from "../../src/core/directory.ts";
import { ROUTE_POLICIES } from "../../src/core/job.ts";
import { Router, ROUTER_LIMITS, type RouteRequest, type Routed } from "../../src/core/router.ts";
import { aNode, anExecutor, aRouteRequest } from "../support/an-executor.ts";

const NAMES = ["a", "b", "c", "d", "e"] as const;

const aName = fc.constantFrom(...NAMES);
const someTags = fc.subarray(["gpu", "eu"]);
const aCopy: fc.Arbitrary<ExecutorCopy> = fc
  .uniqueArray(
    fc.record({
      name: aName,
      weight: fc.integer({ min: 1, max: 10 }),
      state: fc.constantFrom("online", "online", "suspect", "offline", "draining", "disabled"),
      sinceMs: fc.integer({ min: 0, max: 60_000 }),
      tags: someTags,
      handlers: fc.constantFrom(null, ["report"], ["other"]),
      concurrency: fc.constantFrom(null, 1, 3),
    }),
    { selector: ({ name }) => name, maxLength: 5 },
  )
  .map((nodes) => anExecutor(nodes.map(({ name, ...more }) => aNode(name, more))));
const aRequest: fc.Arbitrary<RouteRequest> = fc
  .record({
    policy: fc.constantFrom(...ROUTE_POLICIES),
    key: fc.string({ maxLength: 4 }),
    pinned: fc.oneof(
      fc.constant([]),
      fc.array(
        aName.map((name) => `node_${name}`),
        { maxLength: 3 },
      ),
    ),
    only: fc.option(
      aName.map((name) => aNode(name).address),
      { freq: 5 },
    ),
    prefer: fc.option(aName.map((name) => `node_${name}`)),
    tags: fc.oneof(fc.constant([]), someTags),
  })
  .map((more) => aRouteRequest(more));

type Step =
  | { readonly kind: "choose"; readonly request: RouteRequest; readonly draw: number }
  | { readonly kind: "end"; readonly which: number }
  | { readonly kind: "failed"; readonly name: (typeof NAMES)[number] }
  | { readonly kind: "succeeded"; readonly name: (typeof NAMES)[number] }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "update"; readonly copy: ExecutorCopy };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("choose"), request: aRequest, draw: aDraw() }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("end"), which: fc.nat(50) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("failed"), name: aName }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("succeeded"), name: aName }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("pass"),
      ms: fc.integer({ min: -5_000, max: 40_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("update"), copy: aCopy }) },
);

function aDraw(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
}

/** A router beside what is known of it from outside. */
interface Watched {
  readonly router: Router;
  /** Where runs are, in the order in which they were taken. */
  readonly under: string[];
  /** Addresses that have failed and not succeeded since. */
  readonly doubted: Set<string>;
  copy: ExecutorCopy;
  nowMs: number;
}

function watched(copy: ExecutorCopy): Watched {
  return { router: new Router(copy), under: [], doubted: new Set(), copy, nowMs: 100_000 };
}

function play(seen: Watched, step: Step): Routed | undefined {
  const { router, under, nowMs } = seen;
  if (step.kind === "choose") {
    const routed = router.choose(step.request, { nowMs, draw: step.draw });
    checkChoice(seen, step.request, routed);
    if (routed.kind === "node") {
      router.took(routed.node.address, nowMs);
      under.push(routed.node.address);
    }
    return routed;
  }
  if (step.kind === "end") {
    const [address] = under.splice(step.which % Math.max(1, under.length), 1);
    if (address !== undefined) router.gaveBack(address);
  } else if (step.kind === "pass") seen.nowMs += step.ms;
  else if (step.kind === "update") {
    seen.copy = step.copy;
    router.update(step.copy, nowMs);
  } else hear(seen, step.kind, aNode(step.name).address);
  return undefined;
}

function hear({ router, doubted, nowMs }: Watched, word: "failed" | "succeeded", address: string) {
  if (word === "failed") {
    router.failed(address, nowMs);
    doubted.add(address);
  } else {
    router.succeeded(address);
    doubted.delete(address);
  }
}

function checkChoice(seen: Watched, request: RouteRequest, routed: Routed): void {
  const fit = seen.copy.nodes.filter((node) => fits(node, request));
  expect(routed.kind === "none").toBe(fit.length === 0);
  const isFree = (node: NodeCopy): boolean =>
    inFlight(seen, node.address) < (node.concurrency ?? Number.POSITIVE_INFINITY);
  const isGood = (node: NodeCopy): boolean =>
    node.state === "online" && !seen.doubted.has(node.address);
  const good = fit.filter((node) => isFree(node) && isGood(node));
  if (routed.kind === "busy") expect(good).toEqual([]);
  if (routed.kind !== "node") return;
  if (good.length > 0) expect(routed.node.state).toBe("online");
  const all = [routed.node, ...routed.alternates];
  expect(new Set(all).size).toBe(all.length);
  expect(routed.alternates.length).toBeLessThanOrEqual(ROUTER_LIMITS.alternatesMax);
  for (const node of all) {
    expect(fit).toContain(node);
    expect(isFree(node)).toBe(true);
  }
}

function checkCounts(seen: Watched): void {
  expect(seen.router.inFlight).toBe(seen.under.length);
  for (const name of NAMES) {
    const { address } = aNode(name);
    expect(seen.router.inFlightOf(address)).toBe(inFlight(seen, address));
  }
}

function inFlight({ under }: Watched, address: string): number {
  return under.filter((other) => other === address).length;
}

function fits(node: NodeCopy, { handler, tags, pinned, only }: RouteRequest): boolean {
  const isUp = node.state === "online" || node.state === "suspect";
  if (!isUp || !(node.handlers?.includes(handler) ?? true)) return false;
  if (only !== null) return node.address === only;
  return (
    (pinned.length === 0 || pinned.includes(node.id)) &&
    tags.every((tag) => node.tags.includes(tag))
  );
}

test("only nodes that fit and have room are chosen, good ones first, and none is left idle", () => {
  fc.assert(
    fc.property(aCopy, fc.array(aStep, { maxLength: 60 }), (copy, steps) => {
      const seen = watched(copy);
      for (const step of steps) {
        play(seen, step);
        checkCounts(seen);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("the same calls give the same choices", () => {
  fc.assert(
    fc.property(aCopy, fc.array(aStep, { maxLength: 60 }), (copy, steps) => {
      const [one, other] = [watched(copy), watched(copy)];
      for (const step of steps) expect(play(one, step)).toEqual(play(other, step));
    }),
    { numRuns: 300 },
  );
});

test("smooth weighted turns give each node exactly its weight in every full round", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
      (weights) => {
        const router = new Router(
          anExecutor(weights.map((weight, i) => aNode(`n${i}`, { weight }))),
        );
        const round = weights.reduce((sum, weight) => sum + weight, 0);
        for (let k = 0; k < 3; k++) {
          const counts = weights.map(() => 0);
          for (let i = 0; i < round; i++) {
            const routed = router.choose(aRouteRequest({ policy: "weighted_round_robin" }), {
              nowMs: 0,
              draw: 0,
            });
            const at = routed.kind === "node" ? Number(routed.node.id.slice("node_n".length)) : -1;
            counts[at] = (counts[at] ?? 0) + 1;
          }
          expect(counts).toEqual(weights);
        }
      },
    ),
    { numRuns: 200 },
  );
});
