import { describe, expect, test } from "vitest";
import { BREAKER_LIMITS } from "../../src/core/breaker.ts";
import { SUSPICION_MS } from "../../src/core/node-memory.ts";
import { Router, type Routed, type RouteRequest } from "../../src/core/router.ts";
import { aNode, anExecutor, aRouteRequest } from "../support/an-executor.ts";

const NOW_MS = 1_000_000;
const { failuresMax, pauseMsMin } = BREAKER_LIMITS;
const A = aNode("a").address;
const B = aNode("b").address;
const OFFLINE = { state: "offline" } as const;

/** Who may be chosen at an instant: the round is gone twice. */
function chosenAt(router: Router, nowMs: number, more: Partial<RouteRequest> = {}): string {
  const choices = Array.from({ length: 6 }, () =>
    nameOf(router.choose(aRouteRequest(more), { nowMs, draw: 0.5 })),
  );
  return [...new Set(choices)].toSorted().join("");
}

function nameOf(routed: Routed): string {
  return routed.kind === "node" ? routed.node.id.slice("node_".length) : routed.kind;
}

function failTimes(router: Router, address: string, times: number, nowMs = NOW_MS): void {
  for (let i = 0; i < times; i++) router.failed(address, nowMs);
}

describe("suspicion", () => {
  test("a node that failed is passed over for thirty seconds while another is healthy", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b")]));

    expect(router.failed(A, NOW_MS)).toBe(true);
    expect(chosenAt(router, NOW_MS + SUSPICION_MS - 1)).toBe("b");
    expect(chosenAt(router, NOW_MS + SUSPICION_MS)).toBe("ab");
  });

  test("it is said once, and again only after it was over", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b")]));
    router.failed(A, NOW_MS);

    expect(router.failed(A, NOW_MS + 1)).toBe(false);
    router.succeeded(A);
    expect(router.failed(A, NOW_MS + 2)).toBe(true);
  });

  test("a clock that steps back ends it rather than making it longer", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b")]));
    router.failed(A, NOW_MS);
    expect(chosenAt(router, NOW_MS)).toBe("b");

    expect(chosenAt(router, NOW_MS - 60_000)).toBe("ab");
  });

  test("a success ends it at once", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b")]));
    router.failed(A, NOW_MS);
    router.succeeded(A);

    expect(chosenAt(router, NOW_MS)).toBe("ab");
  });

  test("a copy that says online since later ends it, an older one does not", () => {
    const router = new Router(anExecutor([aNode("a", { sinceMs: 5 }), aNode("b")]));
    router.failed(A, NOW_MS);
    router.update(anExecutor([aNode("a", { sinceMs: 5 }), aNode("b")]), NOW_MS);
    expect(chosenAt(router, NOW_MS)).toBe("b");

    router.update(anExecutor([aNode("a", { sinceMs: 6 }), aNode("b")]), NOW_MS);
    expect(chosenAt(router, NOW_MS)).toBe("ab");
  });

  test("suspect nodes get deliveries where no healthy one is left, but not where these are full", () => {
    const suspect = aNode("s", { state: "suspect" });
    const router = new Router(anExecutor([aNode("a", { concurrency: 1 }), suspect]));
    expect(chosenAt(router, NOW_MS)).toBe("a");

    router.took(A, NOW_MS);
    expect(chosenAt(router, NOW_MS)).toBe("busy");

    router.update(anExecutor([aNode("a", OFFLINE), suspect]), NOW_MS);
    expect(chosenAt(router, NOW_MS)).toBe("s");
  });

  test("a delivery that waits for a full node may ask again when a suspicion ends", () => {
    const router = new Router(anExecutor([aNode("a", { concurrency: 1 }), aNode("b")]));
    router.took(A, NOW_MS);
    router.failed(B, NOW_MS);

    expect(router.choose(aRouteRequest(), { nowMs: NOW_MS, draw: 0 })).toEqual({
      kind: "busy",
      untilMs: NOW_MS + SUSPICION_MS,
    });
    expect(chosenAt(router, NOW_MS + SUSPICION_MS)).toBe("b");
  });

  test("a delivery to a healthy node may fail over to a suspect one, but not past a full one", () => {
    const suspect = aNode("s", { state: "suspect" });
    const alternatesOf = (router: Router): readonly string[] => {
      const routed = router.choose(aRouteRequest({ policy: "first" }), { nowMs: NOW_MS, draw: 0 });
      return routed.kind === "node" ? routed.alternates.map(({ id }) => id) : [];
    };
    const router = new Router(
      anExecutor([aNode("a"), aNode("b", { concurrency: 1 }), suspect, aNode("o", OFFLINE)]),
    );
    expect(alternatesOf(router)).toEqual(["node_b", "node_s"]);

    router.took(B, NOW_MS);
    expect(alternatesOf(router)).toEqual([]);
  });
});

describe("circuit breakers", () => {
  test("when all are shut the delivery waits for the first to open, then probes one at a time", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b")]));
    failTimes(router, A, failuresMax, NOW_MS);
    failTimes(router, B, failuresMax, NOW_MS + 5);
    const opensMs = NOW_MS + pauseMsMin;
    const choose = (nowMs: number): Routed => router.choose(aRouteRequest(), { nowMs, draw: 0.5 });

    expect(choose(NOW_MS + 5)).toEqual({ kind: "busy", untilMs: opensMs });
    expect(router.nextOpenMs(NOW_MS + 5)).toBe(opensMs);
    expect(nameOf(choose(opensMs))).toBe("a");
    router.took(A, opensMs);
    expect(choose(opensMs)).toEqual({ kind: "busy", untilMs: opensMs + 5 });
    router.gaveBack(A);
    expect(nameOf(choose(opensMs))).toBe("a");
  });

  test("a probe that succeeds lets all through, one that fails shuts it for twice as long", () => {
    const router = new Router(anExecutor([aNode("a")]));
    failTimes(router, A, failuresMax);
    const opensMs = NOW_MS + pauseMsMin;
    router.took(A, opensMs);
    router.failed(A, opensMs + 1);
    router.gaveBack(A);
    expect(router.nextOpenMs(opensMs + 1)).toBe(opensMs + 1 + 2 * pauseMsMin);

    router.took(A, opensMs + 1 + 2 * pauseMsMin);
    router.succeeded(A);

    expect(router.nextOpenMs(opensMs + 1 + 2 * pauseMsMin)).toBeUndefined();
    expect(chosenAt(router, opensMs + 1 + 2 * pauseMsMin)).toBe("a");
  });

  test("a node that is online again is probed at once", () => {
    const router = new Router(anExecutor([aNode("a")]));
    failTimes(router, A, failuresMax);
    expect(chosenAt(router, NOW_MS)).toBe("busy");

    router.update(anExecutor([aNode("a", { sinceMs: 1 })]), NOW_MS);
    expect(chosenAt(router, NOW_MS)).toBe("a");
    router.took(A, NOW_MS);
    expect(chosenAt(router, NOW_MS)).toBe("busy");
  });

  test("a named node waits for its own breaker", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b")]));
    failTimes(router, A, failuresMax);

    expect(router.choose(aRouteRequest({ only: "node_a" }), { nowMs: NOW_MS, draw: 0 })).toEqual({
      kind: "busy",
      untilMs: NOW_MS + pauseMsMin,
    });
  });
});

describe("limits and memory", () => {
  test("a full node is skipped, and when all are full the delivery waits for an end", () => {
    const nodes = [aNode("a", { concurrency: 2 }), aNode("b", { concurrency: 1 })];
    const router = new Router(anExecutor(nodes));
    for (const address of [A, B, A]) router.took(address, NOW_MS);

    expect(router.choose(aRouteRequest(), { nowMs: NOW_MS, draw: 0 })).toEqual({
      kind: "busy",
      untilMs: null,
    });
    router.gaveBack(A);
    expect(chosenAt(router, NOW_MS)).toBe("a");
  });

  test("runs in flight outlive copies, also those without their node", () => {
    const router = new Router(anExecutor([aNode("a", { concurrency: 1 }), aNode("b")]));
    router.took(A, NOW_MS);
    router.update(anExecutor([aNode("b")]), NOW_MS);
    expect([router.inFlight, router.inFlightOf(A)]).toEqual([1, 1]);

    router.update(anExecutor([aNode("a", { concurrency: 1 }), aNode("b")]), NOW_MS);
    expect(chosenAt(router, NOW_MS)).toBe("b");
    router.gaveBack(A);
    expect(chosenAt(router, NOW_MS)).toBe("ab");
    expect(router.inFlight).toBe(0);
  });

  test("a copy with the same nodes does not begin the round anew", () => {
    const copy = anExecutor([aNode("a"), aNode("b"), aNode("c")]);
    const router = new Router(copy);
    const names = Array.from({ length: 4 }, () => {
      const routed = router.choose(aRouteRequest(), { nowMs: NOW_MS, draw: 0 });
      router.update(copy, NOW_MS);
      return nameOf(routed);
    });

    expect(names.join("")).toBe("abca");
  });

  test("a preferred node is taken when it can be, and another when it cannot", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b", { concurrency: 1 })]));
    expect(chosenAt(router, NOW_MS, { prefer: "node_b", policy: "first" })).toBe("b");

    router.took(B, NOW_MS);
    expect(chosenAt(router, NOW_MS, { prefer: "node_b", policy: "first" })).toBe("a");
  });

  test("a wish of many nodes and tags is remembered like any other", () => {
    const nodes = Array.from({ length: 60 }, (_, i) => aNode(`n${i}`, { tags: ["x"] }));
    const router = new Router(anExecutor(nodes));
    const pinned = nodes.slice(0, 50).map(({ address }) => address);
    const names = Array.from({ length: 51 }, () =>
      nameOf(router.choose(aRouteRequest({ pinned, tags: ["x"] }), { nowMs: NOW_MS, draw: 0 })),
    );

    expect(new Set(names).size).toBe(50);
    expect(names[50]).toBe("n0");
  });
});
