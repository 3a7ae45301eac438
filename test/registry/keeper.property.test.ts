import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeState, type NodeHealth, type NodeWish } from "../../src/ports/executors.ts";
import { DAY, KEEPER_T0, OWN, SECOND, TestKeeper } from "../support/a-keeper.ts";

const ADDRESSES = ["http://10.0.0.1", "http://10.0.0.2", "http://10.0.0.3"] as const;

/** How old the stored signs of life may be. */
const STORED_EACH_MS = 5 * SECOND;

type Address = (typeof ADDRESSES)[number];
type Step =
  | { readonly kind: "beat"; readonly address: Address; readonly weight: number | null }
  | { readonly kind: "leave"; readonly address: Address }
  | { readonly kind: "wish"; readonly address: Address; readonly wish: NodeWish }
  | { readonly kind: "weigh"; readonly address: Address; readonly weight: number }
  | { readonly kind: "report"; readonly address: Address; readonly agoMs: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "back"; readonly ms: number }
  | { readonly kind: "crash" };

/** What is known of a node by looking at its story from outside. */
interface ModelNode {
  /** The last sign of life, by a clock that may have stepped back since. */
  beatMs: number;
  /** When it was heard, by the clock of then: what was stored, and what a restart believes up to its own now. */
  heardMs: number;
  /** Between these the keeper may believe it to have been: never later than now. */
  earliestMs: number;
  latestMs: number;
  /** A restart has read it from storage, where it may be older, or ahead of a clock that stepped back. */
  isRead: boolean;
  /** Somebody reported it, and it depends on that whether the keeper believes it. */
  isDoubtful: boolean;
  weight: number;
  isWeightSet: boolean;
  wish: NodeWish;
  health: NodeHealth;
  hasLeft: boolean;
  awayMs: number;
}

/** A node's life as the rules tell it, worked out from nothing but what was heard. */
class Model {
  readonly nodes = new Map<Address, ModelNode>();

  beat(address: Address, said: number | null, nowMs: number): void {
    const node = this.nodes.get(address);
    const weight = node?.isWeightSet === true ? node.weight : (said ?? node?.weight ?? 1);
    this.nodes.set(address, {
      ...(node ?? { isWeightSet: false, wish: "enabled" }),
      weight,
      beatMs: nowMs,
      heardMs: nowMs,
      earliestMs: nowMs,
      latestMs: nowMs,
      isRead: false,
      isDoubtful: false,
      health: "online",
      hasLeft: false,
      awayMs: 0,
    });
  }

  leave(address: Address, nowMs: number): void {
    const node = this.nodes.get(address);
    if (node === undefined) return;
    if (node.health !== "offline") node.awayMs = nowMs;
    node.health = "offline";
    node.hasLeft = true;
  }

  report(address: Address, suspectMs: number, nowMs: number): void {
    const node = this.nodes.get(address);
    if (node?.health !== "online" || suspectMs <= node.earliestMs) return;
    if (suspectMs > Math.min(node.latestMs, nowMs)) node.health = "suspect";
    else node.isDoubtful = true;
  }

  back(nowMs: number): void {
    for (const node of this.nodes.values()) {
      node.beatMs = Math.min(node.beatMs, nowMs);
      node.earliestMs = Math.min(node.earliestMs, nowMs);
      if (!node.isRead) node.latestMs = Math.min(node.latestMs, nowMs);
    }
  }

  crash(nowMs: number): void {
    for (const node of this.nodes.values()) {
      node.isRead = true;
      node.beatMs = Math.min(node.beatMs, nowMs);
      node.earliestMs = Math.min(node.earliestMs, node.beatMs) - STORED_EACH_MS;
      node.latestMs = Math.max(node.beatMs, node.heardMs);
    }
  }
}

/**
 * After a crash, a node may be given up to five seconds more, and each crash may add to that: the model then
 * says what must be so in any case.
 */
function graceMs(crashes: number): number {
  return crashes > 0 ? 15 * SECOND : 0;
}

function aStep(): fc.Arbitrary<Step> {
  const address = fc.constantFrom(...ADDRESSES);
  const wish = fc.constantFrom<NodeWish>("enabled", "disabled", "draining");
  const ms = fc.oneof(
    fc.integer({ min: 1, max: 12 * SECOND }),
    fc.constantFrom(25 * SECOND, 35 * SECOND, 60 * SECOND, DAY),
  );
  const weight = fc.integer({ min: 1, max: 9 });
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("beat" as const),
        address,
        weight: fc.option(weight),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), address }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("wish" as const), address, wish }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("weigh" as const), address, weight }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("report" as const),
        address,
        agoMs: fc.nat(9 * SECOND),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("back" as const), ms }) },
    { weight: 1, arbitrary: fc.constant({ kind: "crash" as const }) },
  );
}

/** Plays one step on the keeper and tells the model. */
function play(keeper: TestKeeper, model: Model, step: Step): void {
  switch (step.kind) {
    case "beat":
      keeper.beat(step.address, { weight: step.weight });
      return model.beat(step.address, step.weight, keeper.nowMs);
    case "leave":
      keeper.do("node.leave", { token: keeper.token(), address: step.address });
      return model.leave(step.address, keeper.nowMs);
    case "wish":
    case "weigh":
      return playPatch(keeper, model, step);
    case "report":
      return playReport(keeper, model, step);
    case "pass":
      return keeper.pass(step.ms);
    case "back":
      return playBack(keeper, model, step.ms);
    case "crash":
      keeper.restart();
      return model.crash(keeper.nowMs);
  }
}

function playPatch(
  keeper: TestKeeper,
  model: Model,
  step: Step & { readonly kind: "wish" | "weigh" },
): void {
  const node = model.nodes.get(step.address);
  if (node === undefined) return;
  const { kind, address, ...patch } = step;
  keeper.do("node.patch", { ...OWN, node: address, ...patch });
  Object.assign(node, patch, kind === "weigh" ? { isWeightSet: true } : {});
}

function playReport(
  keeper: TestKeeper,
  model: Model,
  { address, agoMs }: Step & { readonly kind: "report" },
): void {
  const suspectMs = keeper.nowMs - agoMs;
  const reports = [{ address, succeeded: 0, failed: 1, suspectMs }];
  keeper.do("node.report", { ...OWN, reports });
  model.report(address, suspectMs, keeper.nowMs);
}

function playBack(keeper: TestKeeper, model: Model, ms: number): void {
  keeper.nowMs -= ms;
  keeper.keeper.tick(keeper.nowMs);
  // Less than a second back is only a slow clock.
  if (ms > SECOND) model.back(keeper.nowMs);
}

/** Compares each node with what the rules allow after its silence, and takes over what became of it. */
function settle(model: Model, keeper: TestKeeper, grace: number): void {
  for (const [address, node] of model.nodes) {
    const real = keeper.node(address);
    if (real === undefined) {
      const goneMs = node.health === "offline" ? node.awayMs : node.beatMs + 60 * SECOND;
      expect(keeper.nowMs - goneMs, "only what is away for a day goes").toBeGreaterThanOrEqual(DAY);
      model.nodes.delete(address);
      continue;
    }
    expect(allowed(node, keeper.nowMs, grace), `${address} at ${keeper.nowMs}`).toContain(
      real.health,
    );
    if (real.health === "offline" && node.health !== "offline") node.awayMs = real.healthSinceMs;
    node.health = real.health;
  }
}

/** What a node's health may be. A grace makes more than one possible. */
function allowed(node: ModelNode, nowMs: number, grace: number): readonly NodeHealth[] {
  if (node.health === "offline") return nowMs - node.awayMs < DAY + grace ? ["offline"] : [];
  const silentMs = nowMs - node.beatMs;
  const leastMs = nowMs - Math.min(node.latestMs, nowMs) - grace;
  const may: NodeHealth[] = node.isDoubtful ? ["suspect"] : [];
  if (leastMs < 25 * SECOND) may.push(node.health);
  if (silentMs >= 25 * SECOND && leastMs < 60 * SECOND) may.push("suspect");
  if (silentMs >= 60 * SECOND) may.push("offline");
  return may;
}

function check(model: Model, keeper: TestKeeper): void {
  const { executor, nodes } = keeper.view;
  expect(nodes.map(({ address }) => address).toSorted()).toEqual(
    [...model.nodes.keys()].toSorted(),
  );
  for (const real of nodes) {
    const node = [...model.nodes].find(([address]) => address === real.address)?.[1];
    expect(real).toMatchObject({ weight: node?.weight, wish: node?.wish });
    const isLost = real.health === "offline" && node?.hasLeft === false;
    if (isLost || real.health !== "offline") expect(real.lostMs !== null).toBe(isLost);
  }
  const copy = keeper.copy(0);
  expect(copy.nodes.map(({ address, state }) => [address, state])).toEqual(
    nodes.map((node) => [node.address, nodeState(node)]),
  );
  expect(keeper.keeper.listVersion).toBe(executor.listVersion);
}

/** Everything of a keeper that outlives it. */
function lasting(keeper: TestKeeper): unknown {
  const { executor, nodes } = keeper.view;
  const { secrets: _, ...rest } = executor;
  return {
    rest,
    nodes: nodes.map(({ lastBeatMs: _beat, inFlight: _flight, errorRate: _rate, ...node }) => node),
    events: keeper.events,
  };
}

describe("a keeper", () => {
  const steps = fc.array(aStep(), { minLength: 1, maxLength: 60 });

  test("knows of each node what the rules say, whatever happens", () => {
    fc.assert(
      fc.property(steps, (played) => {
        const [keeper, model] = [new TestKeeper(), new Model()];
        keeper.create();
        keeper.copy(0);
        let crashes = 0;
        for (const step of played) {
          play(keeper, model, step);
          if (step.kind === "crash") crashes++;
          settle(model, keeper, graceMs(crashes));
          check(model, keeper);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("is after a crash what it was before, but for the newest signs of life", () => {
    fc.assert(
      fc.property(steps, (played) => {
        const [keeper, model] = [new TestKeeper(), new Model()];
        keeper.create();
        for (const step of played) {
          play(keeper, model, step);
          settle(model, keeper, 15 * SECOND);
        }
        const before = lasting(keeper);
        keeper.restart();

        expect(lasting(keeper)).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  test("never gives two different copies the same version, and versions only rise", () => {
    fc.assert(
      fc.property(steps, (played) => {
        const [keeper, model] = [new TestKeeper(), new Model()];
        keeper.create();
        const seen = new Map<number, string>();
        let last = KEEPER_T0;
        for (const step of played) {
          play(keeper, model, step);
          settle(model, keeper, 15 * SECOND);
          const { copy } = keeper.do("executor.copy", { ...OWN, shard: 0 });
          expect(copy.version).toBeGreaterThanOrEqual(last);
          expect(seen.get(copy.version) ?? copy.body).toBe(copy.body);
          seen.set(copy.version, copy.body);
          last = copy.version;
        }
      }),
      { numRuns: 200 },
    );
  });
});
