import { describe, expect, test } from "vitest";
import type { NodeCopy } from "../../src/core/directory.ts";
import { hash128, mix } from "../../src/core/hash.ts";
import { ROUTE_POLICIES, type RoutePolicy } from "../../src/core/job.ts";
import { Router, type Routed } from "../../src/core/router.ts";
import { aNode, anExecutor, aRouteRequest } from "../support/an-executor.ts";
import { prng } from "../support/prng.ts";

const AT = { nowMs: 1_000_000, draw: 0.5 };

/** The letter of the chosen node, or what came instead. */
function nameOf(routed: Routed): string {
  return routed.kind === "node" ? routed.node.id.slice("node_".length) : routed.kind;
}

function addressOf(name: string): string {
  return aNode(name).address;
}

/** Chooses and takes again and again: who got what. */
function turns(router: Router, policy: RoutePolicy, count: number): string {
  const draw = prng(1);
  return Array.from({ length: count }, () => {
    const routed = router.choose(aRouteRequest({ policy }), { ...AT, draw: draw() });
    if (routed.kind === "node") router.took(routed.node.address, AT.nowMs);
    return nameOf(routed);
  }).join("");
}

describe("the policies", () => {
  test("round robin goes round", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b"), aNode("c")]));

    expect(turns(router, "round_robin", 7)).toBe("abcabca");
  });

  test("each handler has a round of its own", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b")]));
    const names = Array.from({ length: 4 }, () =>
      ["x", "y"].map((handler) => nameOf(router.choose(aRouteRequest({ handler }), AT))).join(""),
    );

    expect(names).toEqual(["aa", "bb", "aa", "bb"]);
  });

  test("weighted round robin is smooth: the published sequence of 5, 1, 1", () => {
    const nodes = [aNode("a", { weight: 5 }), aNode("b"), aNode("c")];

    expect(turns(new Router(anExecutor(nodes)), "weighted_round_robin", 14)).toBe("aabacaaaabacaa");
  });

  test("smooth turns go on over new copies, also when another node joins", () => {
    const nodes = [aNode("a", { weight: 5 }), aNode("b"), aNode("c")];
    const router = new Router(anExecutor(nodes));
    const names = Array.from({ length: 7 }, () => {
      router.update(anExecutor(nodes), AT.nowMs);
      return turns(router, "weighted_round_robin", 1);
    });
    router.update(anExecutor([...nodes, aNode("d")]), AT.nowMs);

    expect(names.join("")).toBe("aabacaa");
    expect(turns(router, "weighted_round_robin", 8)).toMatch(/^(?=.*b)(?=.*c)(?=.*d)[abcd]{8}$/);
  });

  test("random is even, and weighted random in proportion to weight", () => {
    const nodes = [aNode("a", { weight: 3 }), aNode("b"), aNode("c", { weight: 0.5 })];
    const share = (policy: RoutePolicy, name: string): number =>
      turns(new Router(anExecutor(nodes)), policy, 10_000).split(name).length / 10_000;

    // Four standard deviations of a fair draw are below 0.02.
    expect(Math.abs(share("random", "c") - 1 / 3)).toBeLessThan(0.02);
    expect(Math.abs(share("weighted_random", "a") - 3 / 4.5)).toBeLessThan(0.02);
    expect(Math.abs(share("weighted_random", "c") - 0.5 / 4.5)).toBeLessThan(0.02);
  });

  test("least in flight counts relative to weight, and equals take turns", () => {
    const nodes = [aNode("a", { weight: 2 }), aNode("b"), aNode("c")];

    expect(turns(new Router(anExecutor(nodes)), "least_in_flight", 8)).toBe("abcabcaa");
  });

  test("least recently used takes the one that has waited longest", () => {
    const router = new Router(anExecutor([aNode("a"), aNode("b"), aNode("c")]));
    for (const name of ["c", "a", "b", "c"]) router.took(addressOf(name), AT.nowMs);

    expect(turns(router, "least_recently_used", 4)).toBe("abca");
  });

  test("first and last stay with theirs and go to the next ones only when these are full", () => {
    const nodes = ["a", "b", "c"].map((name) => aNode(name, { concurrency: 1 }));

    expect(turns(new Router(anExecutor(nodes)), "first", 3)).toBe("abc");
    expect(turns(new Router(anExecutor(nodes)), "last", 3)).toBe("cba");
  });

  test.each(ROUTE_POLICIES)("%s: alternates are other nodes, three at most", (policy) => {
    const nodes = ["a", "b", "c", "d", "e", "f"].map((name) => aNode(name));
    const routed = new Router(anExecutor(nodes)).choose(aRouteRequest({ policy }), AT);

    const all = routed.kind === "node" ? [routed.node, ...routed.alternates] : [];
    expect(new Set(all.map(({ id }) => id)).size).toBe(4);
  });
});

/** The lot of a node for a key, without any shortcut: the lowest wins. */
function lotOf({ address, weight }: NodeCopy, key: string): number {
  const [hash, salt] = hash128(address);
  const word = (mix(hash128(key)[0] ^ hash) ^ salt) + 0x8000_0000;
  return -Math.log((word + 0.5) / 0x1_0000_0000) / weight;
}

describe("consistent hashing", () => {
  const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
  const keys = Array.from({ length: 5_000 }, (_, i) => `customer-${i}`);
  const ownersAmong = (nodes: readonly string[], weightOf = (_name: string): number => 1) => {
    const router = new Router(
      anExecutor(nodes.map((name) => aNode(name, { weight: weightOf(name) }))),
    );
    return keys.map((key) =>
      nameOf(router.choose(aRouteRequest({ policy: "consistent_hash", key }), AT)),
    );
  };

  test("a node that goes moves its own keys only, wherever it stood", () => {
    const before = ownersAmong(names);
    const after = ownersAmong(names.filter((name) => name !== "n7"));

    expect(before.filter((owner, i) => owner !== "n7" && owner !== after[i])).toEqual([]);
  });

  test("keys are even over the nodes", () => {
    const owners = ownersAmong(names);

    // 250 each; four standard deviations of a fair draw.
    for (const name of names)
      expect(Math.abs(owners.filter((owner) => owner === name).length - 250)).toBeLessThan(64);
  });

  test("a node of weight 3 has three times the keys, and only its share moves", () => {
    const even = ownersAmong(names);
    const heavy = ownersAmong(names, (name) => (name === "n3" ? 3 : 1));

    const share = heavy.filter((owner) => owner === "n3").length / keys.length;
    expect(Math.abs(share - 3 / 22)).toBeLessThan(0.02);
    expect(heavy.filter((owner, i) => owner !== even[i] && owner !== "n3")).toEqual([]);
  });

  test("the choice and its alternates are the best lots of all nodes, whatever their weights", () => {
    const nodes = Array.from({ length: 60 }, (_, i) => aNode(`w${i}`, { weight: 1 + (i % 20) }));
    const router = new Router(anExecutor(nodes));
    for (const key of keys.slice(0, 1_000)) {
      const routed = router.choose(aRouteRequest({ policy: "consistent_hash", key }), AT);
      const best = nodes.toSorted((a, b) => lotOf(a, key) - lotOf(b, key)).slice(0, 4);

      expect(routed).toEqual({ kind: "node", node: best[0], alternates: best.slice(1) });
    }
  });

  test("the first alternate is where the keys go when the node is gone", () => {
    const router = new Router(anExecutor(names.map((name) => aNode(name))));
    const without = new Map<string, Router>();
    for (const key of keys.slice(0, 200)) {
      const request = aRouteRequest({ policy: "consistent_hash", key });
      const routed = router.choose(request, AT);
      const gone = nameOf(routed);
      const rest =
        without.get(gone) ??
        new Router(anExecutor(names.filter((name) => name !== gone).map((name) => aNode(name))));
      without.set(gone, rest);

      expect(routed.kind === "node" && routed.alternates[0]?.id.slice(5)).toBe(
        nameOf(rest.choose(request, AT)),
      );
    }
  });
});

describe("who may get a delivery", () => {
  const nodes = [
    aNode("a", { tags: ["gpu", "eu"], handlers: ["report"] }),
    aNode("b", { tags: ["gpu"], handlers: null }),
    aNode("c", { state: "offline", tags: ["gpu"] }),
    aNode("d", { state: "draining" }),
    aNode("e", { state: "disabled" }),
    aNode("f", { handlers: ["other"] }),
  ];
  const chosenBy = (more: Parameters<typeof aRouteRequest>[0]): readonly string[] => {
    const router = new Router(anExecutor(nodes));
    return [
      ...new Set(Array.from({ length: 6 }, () => nameOf(router.choose(aRouteRequest(more), AT)))),
    ];
  };
  const codeOf = (more: Parameters<typeof aRouteRequest>[0]): string => {
    const routed = new Router(anExecutor(nodes)).choose(aRouteRequest(more), AT);
    return routed.kind === "none" ? routed.code : routed.kind;
  };

  test("those that are up and have the handler, or did not say", () => {
    expect(chosenBy({})).toEqual(["a", "b"]);
    expect(chosenBy({ handler: "other" })).toEqual(["b", "f"]);
  });

  test("those that have all the tags, and are among the chosen ones", () => {
    expect(chosenBy({ tags: ["gpu", "eu"] })).toEqual(["a"]);
    expect(chosenBy({ pinned: ["node_b", addressOf("c")] })).toEqual(["b"]);
  });

  test("otherwise the reason is said", () => {
    expect(codeOf({ pinned: ["node_x"] })).toBe("node.unknown");
    expect(codeOf({ pinned: ["node_c", "node_d"] })).toBe("node.unavailable");
    expect(codeOf({ tags: ["tpu"] })).toBe("executor.no_tags");
    expect(codeOf({ tags: ["eu"], handler: "other" })).toBe("executor.no_handler");
    expect(new Router(anExecutor([])).choose(aRouteRequest(), AT)).toMatchObject({
      code: "executor.no_nodes",
    });
  });

  test("a node that was named by a person gets it whatever the tags say, and nobody else", () => {
    expect(new Router(anExecutor(nodes)).choose(aRouteRequest({ only: "node_b" }), AT)).toEqual({
      kind: "node",
      node: nodes[1],
      alternates: [],
    });
    expect(codeOf({ only: addressOf("a"), tags: ["tpu"] })).toBe("node");
    expect(codeOf({ only: "node_c" })).toBe("node.unavailable");
    expect(codeOf({ only: "node_f" })).toBe("executor.no_handler");
    expect(codeOf({ only: "node_x" })).toBe("node.unknown");
  });
});
