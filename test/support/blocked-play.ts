import fc from "fast-check";
import type { NodeCopy } from "../../src/core/directory.ts";
import { isEnded, type Run } from "../../src/core/run.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { failedAnswer, OK } from "./a-run.ts";
import { REF } from "./a-shard.ts";
import { aNode } from "./executor-shard.ts";
import { RoutedShard } from "./routed-shard.ts";

/** Nodes 1 and 2 share a host, and so do 3 and 4. */
function nodesOf(concurrency: readonly (number | null)[]): readonly NodeCopy[] {
  return concurrency.map((limit, i) =>
    aNode(i + 1, {
      address: `https://host-${Math.floor(i / 2)}.example/n${i + 1}`,
      concurrency: limit,
      tags: i % 2 === 0 ? ["even"] : [],
    }),
  );
}

const JOBS = [
  { name: "any", target: {}, spec: {} },
  { name: "urgent", target: {}, spec: { priority: 5 } },
  { name: "tagged", target: { tags: ["even"] }, spec: {} },
  { name: "one", target: { node: "node-2" }, spec: {} },
  { name: "two", target: { node: ["node-2", "node-3"] }, spec: { priority: -5 } },
  { name: "host", target: null, spec: {} },
] as const;

const limit = fc.option(fc.integer({ min: 1, max: 3 }), { nil: null });
export const bounds = fc.record({
  executor: fc.option(fc.integer({ min: 1, max: 5 }), { nil: null }),
  nodes: fc.tuple(limit, limit, limit, limit),
});
type Bounds = typeof bounds extends fc.Arbitrary<infer T> ? T : never;

export const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ make: fc.nat(JOBS.length - 1), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      answer: fc.nat(),
      how: fc.constantFrom("ok", "accept", "fail", "lost"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ callBack: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ cancel: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ node: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ push: bounds }) },
  { weight: 1, arbitrary: fc.record({ waitMs: fc.integer({ min: -2_000, max: 5_000 }) }) },
  { weight: 1, arbitrary: fc.constant("restart" as const) },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

type Go = Exclude<
  Step,
  | "restart"
  | { readonly answer: number }
  | { readonly callBack: number }
  | { readonly cancel: number }
>;

const TURNS_MAX = 2_000;

/** A shard with limits, and what a simple reading of its stored runs says of who may start. */
export class BlockedPlay {
  readonly world: RoutedShard;
  readonly hosts: number;
  readonly slots: number;
  bounds: Bounds;
  #out: Delivery[] = [];

  constructor(first: Bounds, { hosts, slots }: { readonly hosts: number; readonly slots: number }) {
    this.bounds = first;
    this.hosts = hosts;
    this.slots = slots;
    const limits = { hostConcurrency: hosts, slots, claimMax: 4 };
    this.world = new RoutedShard(nodesOf(first.nodes), { concurrency: first.executor, limits });
    for (const { name, target, spec } of JOBS)
      if (target === null) this.world.job({}, { name, target: HOOK });
      else this.world.job(target, { name, ...RETRIES, ...spec });
  }

  do(what: Step): void {
    if (what === "restart") this.#restart();
    else if ("answer" in what) this.#answer(what.answer, what.how);
    else if ("callBack" in what) this.#callBack(what.callBack);
    else if ("cancel" in what) this.#cancel(what.cancel);
    else this.#go(what);
  }

  /** Lets the shard do what it can, and says where it did too much or too little. */
  settle(): readonly string[] {
    const before = this.#taken();
    this.#out.push(...this.world.out());
    const after = this.#taken();
    const passed = this.#maxima()
      .filter(([bound, max]) => after(bound) > Math.max(max, before(bound)))
      .map(([bound, max]) => `${bound} has ${after(bound)} of ${max}`);
    if (this.world.shard.inFlight >= this.slots) return passed;
    const idle = this.#due().filter((run) => this.#mayStart(run, after));
    return [...passed, ...idle.map(({ jobName }) => `a run of ${jobName} may start and does not`)];
  }

  /** Answers everything until nothing is left to do, and says what was wrong meanwhile. */
  drain(): readonly string[] {
    for (let turn = 0; turn < TURNS_MAX && this.#live().length > 0; turn++) {
      this.world.nowMs += 1_000;
      const wrong = this.settle();
      if (wrong.length > 0) return wrong;
      for (const delivery of this.#out.splice(0)) this.world.say(delivery, OK);
      for (const { id, phase } of this.#inState("running"))
        this.world.do(...this.world.callBack({ runId: id, attempt: phase.attempt }));
    }
    return this.#live().map(({ jobName, phase }) => `a run of ${jobName} is still ${phase.state}`);
  }

  #live(): readonly Run[] {
    return this.world.runs.filter(({ phase }) => !isEnded(phase));
  }

  #restart(): void {
    this.#out = [];
    this.world.restart();
  }

  #callBack(which: number): void {
    const run = pick(this.#inState("running"), which);
    if (run === undefined) return;
    this.world.do(...this.world.callBack({ runId: run.id, attempt: run.phase.attempt }));
  }

  #cancel(which: number): void {
    const run = pick(this.#inState("waiting", "retrying", "dispatching"), which);
    const ref = { namespace: REF.namespace, run: run?.id ?? "" };
    if (run !== undefined) this.world.do("run.cancel", { ref, reason: null });
  }

  /** What needs no choice among the runs. */
  #go(what: Go): void {
    const { world } = this;
    if ("make" in what) world.makeRuns(what.count, JOBS[what.make]?.name);
    else if ("node" in what) world.runNow({ ref: ANY, node: `node-${what.node + 1}` });
    else if ("waitMs" in what) world.nowMs += what.waitMs;
    else {
      this.bounds = what.push;
      world.push(nodesOf(what.push.nodes), { concurrency: what.push.executor });
    }
  }

  #answer(which: number, how: "ok" | "accept" | "fail" | "lost"): void {
    const delivery = pick(this.#out, which);
    if (delivery === undefined) return;
    this.#out.splice(this.#out.indexOf(delivery), 1);
    const isHook = delivery.route.kind === "webhook";
    if (how === "accept") this.world.say(delivery, { kind: "accepted" });
    else if (how === "fail") this.world.say(delivery, failedAnswer());
    else if (how === "lost" && isHook) this.world.say(delivery, { kind: "timed_out" });
    else this.world.say(delivery, OK);
  }

  #inState(...states: readonly Run["phase"]["state"][]): readonly Run[] {
    return this.world.runs.filter(({ phase }) => states.includes(phase.state));
  }

  #due(): readonly Run[] {
    const { nowMs } = this.world;
    return this.world.runs.filter(
      ({ phase }) =>
        (phase.state === "waiting" || phase.state === "retrying") && phase.dueMs <= nowMs,
    );
  }

  /** How many places of a bound are taken: the executor's, a node's, a host's. */
  #taken(): (bound: string) => number {
    const taken = new Map<string, number>();
    const take = (bound: string): void => void taken.set(bound, (taken.get(bound) ?? 0) + 1);
    for (const { attempts } of this.#inState("dispatching", "running")) {
      const node = attempts.at(-1)?.node ?? null;
      if (node === null) continue;
      take("executor");
      take(node);
    }
    for (const { route } of this.#out) take(hostOf(route));
    return (bound) => taken.get(bound) ?? 0;
  }

  #maxima(): readonly (readonly [string, number])[] {
    const { executor } = this.bounds;
    return [
      ["executor", executor ?? Infinity],
      ...nodesOf(this.bounds.nodes).map((n) => [n.address, n.concurrency ?? Infinity] as const),
      ...["host-0.example", "host-1.example"].map((host) => [host, this.hosts] as const),
    ];
  }

  #mayStart(run: Run, taken: (bound: string) => number): boolean {
    const max = new Map(this.#maxima());
    const isFree = (bound: string): boolean => taken(bound) < (max.get(bound) ?? Infinity);
    const { target, node } = run.order;
    if (target.kind !== "executor") return isFree("host-0.example");
    const named = node ?? target.node;
    const fits = nodesOf(this.bounds.nodes).filter(
      ({ id, tags }) =>
        (named === null || named.includes(id)) && target.tags.every((tag) => tags.includes(tag)),
    );
    return (
      isFree("executor") &&
      fits.some(({ address }) => isFree(address) && isFree(new URL(address).host))
    );
  }
}

const ANY = { ...REF, job: "any" };
const HOOK = {
  kind: "webhook",
  url: "https://host-0.example/hook",
  method: "POST",
  headers: {},
  body: null,
  mode: "async",
} as const;
const RETRIES = {
  retry: {
    max: 2,
    backoff: { kind: "exponential", base: "1s", factor: 1, max: "1s" },
    jitter: "none",
    untilNextTick: false,
  },
} as const;

function hostOf(route: Delivery["route"]): string {
  if (route.kind === "none" || route.kind === "workflow") return "nowhere";
  return new URL(route.kind === "webhook" ? route.target.url : route.node.address).host;
}

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % Math.max(1, from.length)];
}
