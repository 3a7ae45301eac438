import { describe, expect, it } from "vitest";
import {
  collapsedGraph,
  COMFORT_NODES_MAX,
  wholeGraph,
} from "../../web/src/pages/workflows/graph-collapse.ts";
import { layersOf } from "../../web/src/pages/workflows/graph-layers.ts";
import type { GraphStep } from "../../web/src/pages/workflows/graph-model.ts";

const step = (name: string, after: readonly string[] = []): GraphStep => ({
  name,
  after,
  kind: "run",
  state: "pending",
  note: "",
});

/** So many chains side by side, each so long, behind one step and before another. */
function chains(count: number, length: number): readonly GraphStep[] {
  const names = Array.from({ length: count * length }, (_, at) => `s${at}`);
  const middle = names.map((name, at) => step(name, [at < count ? "start" : `s${at - count}`]));
  return [step("start"), ...middle, step("end", names.slice(-count))];
}

describe("a graph that is drawn", () => {
  it("has every step once, and few nodes, however many steps there are", () => {
    const steps = chains(100, 10);

    const { nodes } = collapsedGraph(steps, new Set());

    const drawn = nodes.flatMap((node) => node.steps.map(({ name }) => name));
    expect(nodes.length).toBeLessThanOrEqual(COMFORT_NODES_MAX);
    expect(drawn.toSorted()).toEqual(steps.map(({ name }) => name).toSorted());
  });

  it("keeps a failure by itself, with what comes before and after it", () => {
    const { nodes, edges } = collapsedGraph(chains(50, 20), new Set(["s500"]));

    const alone = nodes.find(({ id }) => id === "s500");
    const before = edges.filter(({ to }) => to === "s500").map(({ from }) => from);
    const after = edges.filter(({ from }) => from === "s500").map(({ to }) => to);
    expect(alone?.steps.map(({ name }) => name)).toEqual(["s500"]);
    expect([before, after].map((ids) => ids.length)).toEqual([1, 1]);
  });

  it("never loses an edge to a node that is not drawn", () => {
    const steps = chains(70, 3).map((one, at) =>
      at % 11 === 5 ? { ...one, after: [...one.after, "nobody"] } : one,
    );

    const { nodes, edges } = collapsedGraph(steps, new Set(["s7"]));

    const ids = new Set(nodes.map(({ id }) => id));
    expect(edges.filter(({ from, to }) => !ids.has(from) || !ids.has(to) || from === to)).toEqual(
      [],
    );
  });

  it("stays as it is while a cycle is written", () => {
    const ring = Array.from({ length: 80 }, (_, at) => step(`r${at}`, [`r${(at + 79) % 80}`]));

    const { nodes } = collapsedGraph(ring, new Set(ring.map(({ name }) => name)));

    expect(nodes).toHaveLength(80);
    expect(collapsedGraph(ring, new Set()).nodes.flatMap((node) => node.steps)).toHaveLength(80);
  });
});

describe("columns", () => {
  it("put each step behind the last of its parents, and a cycle last", () => {
    const steps = [step("a"), step("b", ["a"]), step("c", ["a", "b"]), step("x", ["x2"])];
    const graph = wholeGraph([...steps, step("x2", ["x"])]);

    expect(layersOf(graph).map(({ ids }) => ids)).toEqual([["a"], ["b"], ["c"], ["x", "x2"]]);
  });
});
