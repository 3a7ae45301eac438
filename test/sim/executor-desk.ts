import { executorKey, type ExecutorCopy } from "../../src/core/directory.ts";
import type { ExecutorReport } from "../../src/shard/node-reports.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import type { Dice } from "../support/prng.ts";
import type { Callers } from "./callers.ts";
import { NAMESPACE } from "./names.ts";
import type { Scene } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";
import { copyOfNode, newNode, retune, turn, wish, type SimNode } from "./sim-node.ts";

export const APP_KEYS = ["billing", "mailing"] as const;

interface SimExecutor {
  readonly appKey: string;
  nodes: SimNode[];
  concurrency: number | null;
  version: number;
}

const NODES_MAX = 6;
const STRIKES_MAX = 4;
const SUSPECT_MS = 25_000;
const OFFLINE_MS = 60_000;
const BEAT_MS = 10_000;
/** After this, a shard that missed a change is mended. */
const MEND_MS = 60_000;

const DEEDS = { crash: 3, cutOff: 3, mute: 2, leave: 1, wish: 2, limit: 3, retune: 2, grow: 2 };
const NAMES = ["crash", "cutOff", "mute", "leave", "wish", "limit", "retune", "grow"] as const;
/** What happens where nothing goes wrong. */
const CALM_NAMES = ["wish", "limit", "retune", "grow"] as const;

/**
 * The executors of a world and their keepers: nodes come and go, die and are cut off, people change limits and
 * wishes, and of every change each shard is told in its own time, or not before it is mended.
 */
export class ExecutorDesk {
  readonly #scene: Scene;
  readonly #dice: Dice;
  readonly #executors: readonly SimExecutor[];
  readonly #nodes = new Map<string, SimNode>();
  /** So often a node may still end while it has long work. */
  #strikes = STRIKES_MAX;
  #shards: { readonly callers: Callers; readonly hosts: readonly ShardHost[] } | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#dice = scene.dice("executors");
    const { nodesMax } = scene.options;
    this.#executors = APP_KEYS.map((appKey) => ({
      appKey,
      nodes: Array.from({ length: this.#dice.int(1, nodesMax) }, (_, i) => this.#make(appKey, i)),
      concurrency: this.#drawLimit(),
      version: 1,
    }));
    for (const { nodes } of this.#executors)
      for (const node of nodes) if (this.#dice.chance(0.3)) node.concurrency = this.#dice.int(1, 2);
  }

  /** From now on shards are told of changes. */
  serve(callers: Callers, hosts: readonly ShardHost[]): void {
    this.#shards = { callers, hosts };
  }

  /** What a job brings along to its shard. */
  copies(): readonly DirectoryCopy[] {
    return this.#executors.map((executor) => copyOf(executor));
  }

  isReached(address: string): boolean {
    const node = this.#nodes.get(address);
    return node !== undefined && node.isUp && node.isReached;
  }

  /** Counts the processes at an address. */
  lifeAt(address: string): number {
    return this.#nodes.get(address)?.life ?? 0;
  }

  /** Some node of an executor, by its id or its address. */
  someName(appKey: string): string {
    const nodes = this.#executors.find((executor) => executor.appKey === appKey)?.nodes ?? [];
    const node = nodes[this.#dice.int(0, Math.max(0, nodes.length - 1))];
    if (node === undefined) return "node_nobody";
    return this.#dice.chance(0.5) ? node.id : node.address;
  }

  /** One thing happens to one executor. */
  act(): void {
    const { agenda, options } = this.#scene;
    const executor =
      this.#dice.pick(APP_KEYS) === "billing" ? this.#executors[0] : this.#executors[1];
    const node = executor?.nodes[this.#dice.int(0, Math.max(0, executor.nodes.length - 1))];
    if (executor === undefined || node === undefined) return;
    const { nowMs } = agenda;
    const deeds: Readonly<Record<(typeof NAMES)[number], () => void>> = {
      crash: () => this.#crash(executor, node),
      cutOff: () => this.#cutOff(node),
      mute: () => this.#mute(executor, node),
      leave: () => this.#leave(executor, node),
      wish: () =>
        wish(node, this.#dice.pick(["enabled", "enabled", "disabled", "draining"]), nowMs),
      limit: () => {
        executor.concurrency = this.#drawLimit();
      },
      retune: () => retune(node, this.#dice),
      grow: () => this.#grow(executor, node),
    };
    const deed = this.#dice.weighted(options.isCalm ? CALM_NAMES : NAMES, DEEDS);
    this.#scene.note(`${node.id}: ${deed}`);
    this.#scene.reach(`node: ${deed}`);
    deeds[deed]();
    this.#publish(executor);
  }

  /** A node has taken on work that lasts: a good moment for its end. */
  tempt(address: string): void {
    if (!this.#scene.isStormy || this.#scene.options.isCalm || this.#strikes === 0) return;
    const executor = this.#executors.find(({ nodes }) => nodes.some((n) => n.address === address));
    const node = this.#nodes.get(address);
    if (executor === undefined || node === undefined || !this.#dice.chance(0.3)) return;
    this.#strikes--;
    this.#scene.note(`${node.id}: struck`);
    if (this.#dice.chance(0.5)) this.#crash(executor, node);
    else this.#mute(executor, node);
  }

  /** What a shard noticed of nodes. Who is up beats on. */
  hear({ appKey, reports }: ExecutorReport): void {
    const executor = this.#executors.find((each) => each.appKey === appKey);
    for (const { address, suspectMs } of reports) {
      const node = this.#nodes.get(address);
      if (executor === undefined || node?.health !== "online" || suspectMs === null) continue;
      this.#scene.reach("node: reported as suspect");
      turn(node, "suspect", this.#scene.agenda.nowMs);
      this.#publish(executor);
      this.#beatWithin(executor, node, BEAT_MS);
    }
  }

  /** Nothing goes wrong any more, and everybody hears of it. */
  heal(): void {
    const { nowMs } = this.#scene.agenda;
    for (const executor of this.#executors) {
      for (const node of executor.nodes) {
        Object.assign(node, { isUp: true, isReached: true, isHeard: true });
        turn(node, "online", nowMs);
      }
      this.#publish(executor);
    }
  }

  #make(appKey: string, index: number): SimNode {
    const node = newNode(appKey, index + 1, this.#scene.options.startMs);
    this.#nodes.set(node.address, node);
    return node;
  }

  #drawLimit(): number | null {
    return this.#dice.pick([null, null, 1, 2, 4]);
  }

  /** Its process dies with all that it has, and another one comes some time later. */
  #crash(executor: SimExecutor, node: SimNode): void {
    node.isUp = false;
    node.life++;
    this.#goSilent(executor, node, this.#dice.int(5_000, 180_000));
  }

  /** It works and beats, and no request gets to it. */
  #cutOff(node: SimNode): void {
    node.isReached = false;
    this.#later(this.#dice.int(1_000, 120_000), () => {
      node.isReached = true;
    });
  }

  /** It works, and its beats are lost. */
  #mute(executor: SimExecutor, node: SimNode): void {
    node.isHeard = false;
    this.#goSilent(executor, node, this.#dice.int(5_000, 180_000));
  }

  /** It says goodbye, finishes what it has, and is another process when it comes back. */
  #leave(executor: SimExecutor, node: SimNode): void {
    node.isReached = false;
    turn(node, "offline", this.#scene.agenda.nowMs);
    this.#later(this.#dice.int(5_000, 120_000), () => {
      node.isReached = true;
      this.#beat(executor, node);
    });
  }

  #goSilent(executor: SimExecutor, node: SimNode, backMs: number): void {
    this.#later(SUSPECT_MS, () => {
      if (isSilent(node) && node.health === "online") this.#turn(executor, node, "suspect");
    });
    this.#later(OFFLINE_MS, () => {
      if (!isSilent(node) || node.health === "offline") return;
      node.lostMs = this.#scene.agenda.nowMs;
      this.#turn(executor, node, "offline");
    });
    this.#later(backMs, () => {
      node.isUp = true;
      node.isHeard = true;
      this.#beatWithin(executor, node, BEAT_MS);
    });
  }

  #beatWithin(executor: SimExecutor, node: SimNode, ms: number): void {
    this.#later(this.#dice.int(0, ms), () => this.#beat(executor, node));
  }

  #beat(executor: SimExecutor, node: SimNode): void {
    if (!isSilent(node)) this.#turn(executor, node, "online");
  }

  #turn(executor: SimExecutor, node: SimNode, health: SimNode["health"]): void {
    if (turn(node, health, this.#scene.agenda.nowMs)) this.#publish(executor);
  }

  #grow(executor: SimExecutor, node: SimNode): void {
    const { appKey, nodes } = executor;
    if (nodes.length > 1 && this.#dice.chance(0.4)) {
      executor.nodes = nodes.filter((other) => other !== node);
      return;
    }
    const free = Array.from({ length: NODES_MAX }, (_, i) => i).find(
      (i) => !nodes.some(({ id }) => id === `node_${appKey}_${i + 1}`),
    );
    if (free === undefined) return;
    const life = this.lifeAt(newNode(appKey, free + 1, 0).address) + 1;
    const made = this.#make(appKey, free);
    Object.assign(made, { life, sinceMs: this.#scene.agenda.nowMs });
    executor.nodes = [...nodes, made];
  }

  /** What was going to happen to a node happens only while the storm lasts. */
  #later(ms: number, act: () => void): void {
    this.#scene.agenda.after(ms, () => {
      if (this.#scene.isStormy) act();
    });
  }

  #publish(executor: SimExecutor): void {
    executor.version++;
    for (const host of this.#shards?.hosts ?? []) this.#push(executor, host);
  }

  #push(executor: SimExecutor, host: ShardHost): void {
    const { agenda, faults } = this.#scene;
    if (this.#dice.chance(faults.pushLost)) {
      this.#scene.reach("fault: push lost");
      agenda.after(MEND_MS, () => this.#push(executor, host));
      return;
    }
    const isLate = this.#dice.chance(faults.pushLate);
    if (isLate) this.#scene.reach("fault: push late");
    const copies = [copyOf(executor)];
    agenda.after(isLate ? this.#dice.int(1_000, 40_000) : this.#dice.int(1, 200), () =>
      this.#shards?.callers.ask({ host, kind: "directory.put", input: { copies }, isKeyed: false }),
    );
  }
}

function isSilent({ isUp, isHeard }: SimNode): boolean {
  return !isUp || !isHeard;
}

function copyOf({ appKey, version, nodes, concurrency }: SimExecutor): DirectoryCopy {
  const copy: ExecutorCopy = {
    appKey,
    namespace: NAMESPACE,
    nodes: nodes.map((node) => copyOfNode(node)),
    sealedSecrets: ["sealed, older", "sealed, newer"],
    concurrency,
  };
  return { key: executorKey(NAMESPACE, appKey), version, body: JSON.stringify(copy) };
}
