import type { CancelNotice } from "../../src/ports/dispatcher.ts";
import type { ShardCommands, ShardReply } from "../../src/ports/shard-client.ts";
import type { Dice } from "../support/prng.ts";
import type { Evidence } from "./evidence.ts";
import {
  callbackOf,
  planCallbacks,
  stoppedCallback,
  type Accepted,
  type Callback,
} from "./executor-callbacks.ts";
import type { ExecutorDesk } from "./executor-desk.ts";
import type { Scene } from "./scene.ts";

const DAY_MS = 86_400_000;
/** Work that may last until its node counts as lost. */
const LONG_MS = 90_000;

export type Extension = ShardCommands["run.extend"]["input"];

/** What a handler makes of the word that it is to stop. */
const WAYS = ["stops", "later", "fails", "hurries", "hurries", "ignores", "ignores"] as const;

/** Where callbacks and extensions go back to. */
export interface WorkSender {
  readonly callBack: (callback: Callback) => void;
  readonly extend: (
    extension: Extension,
    onReply: (reply: ShardReply<"run.extend"> | undefined) => void,
  ) => void;
}

/** An attempt that a node, or a webhook, has accepted. */
interface Work {
  readonly accepted: Accepted;
  readonly node: string | null;
  /** The node's process that has it. */
  readonly life: number;
  readonly sender: WorkSender;
  isOver: boolean;
}

/** What executors do with the attempts that they accepted: extend, call back, stop when they are asked, or die. */
export class AcceptedWork {
  readonly #scene: Scene;
  readonly #evidence: Evidence;
  readonly #dice: Dice;
  readonly #nodes: ExecutorDesk;
  /** By node and attempt. */
  readonly #underWay = new Map<string, Work>();

  constructor(scene: Scene, evidence: Evidence, nodes: ExecutorDesk) {
    this.#scene = scene;
    this.#evidence = evidence;
    this.#dice = scene.dice("work");
    this.#nodes = nodes;
  }

  accept(accepted: Accepted, node: string | null, sender: WorkSender): void {
    const life = node === null ? 0 : this.#nodes.lifeAt(node);
    const work: Work = { accepted, node, life, sender, isOver: false };
    if (node !== null) this.#underWay.set(keyAt(node, accepted.delivery), work);
    if (node !== null && accepted.delivery.timeoutMs >= LONG_MS) this.#nodes.tempt(node);
    const longerMs = node === null ? 0 : this.#planExtensions(work);
    for (const { afterMs, callback } of planCallbacks(this.#scene, accepted, longerMs))
      this.#at(work, afterMs, () => this.#end(work, callback()));
  }

  /** The node is asked to stop an attempt. True when that is not under way there any more. */
  stop(notice: CancelNotice): boolean {
    const work = this.#underWay.get(keyAt(notice.node.address, notice));
    this.#scene.note(`${notice.node.address} is to stop ${notice.runId}#${notice.attempt}`);
    if (work === undefined || work.isOver || this.#hasDied(work)) {
      this.#scene.reach("notice: not under way");
      this.#evidence.saysStopped(notice);
      return true;
    }
    return this.#heed(work);
  }

  /** True when the handler has stopped at once. */
  #heed(work: Work): boolean {
    const way = this.#dice.pick(WAYS);
    this.#scene.reach(`notice: the handler ${way}`);
    if (way === "ignores") return false;
    const { accepted } = work;
    if (way === "stops") {
      work.isOver = true;
      this.#evidence.saysStopped(accepted.delivery);
      return true;
    }
    work.isOver = true;
    const callback =
      way === "later" ? stoppedCallback(accepted) : callbackOf(accepted, way === "hurries");
    this.#scene.agenda.after(this.#dice.int(1, way === "hurries" ? 8_000 : 20_000), () => {
      if (!this.#hasDied(work)) work.sender.callBack(callback);
    });
    return false;
  }

  /** Draws when its lease is extended; returns how much longer it takes for that. */
  #planExtensions(work: Work): number {
    const { timeoutMs, attempt, send } = work.accepted.delivery;
    const isOfDays = timeoutMs >= DAY_MS;
    // Once the world has healed, it is to come to rest.
    if (!this.#dice.chance(0.4) || (isOfDays && !this.#scene.isStormy)) return 0;
    const isEndless = isOfDays && attempt + send === 2 && this.#dice.chance(0.6);
    const times = isEndless ? 30 : this.#dice.int(1, 4);
    let afterMs = 0;
    for (let i = 1; i <= times; i++) {
      afterMs += this.#dice.int(Math.ceil(timeoutMs * 0.2), Math.ceil(timeoutMs * 0.95));
      this.#at(work, afterMs, () => this.#extend(work, i / times));
    }
    return afterMs;
  }

  #extend(work: Work, part: number): void {
    const { runId, attempt, namespace, route } = work.accepted.delivery;
    if (route.kind !== "executor") return;
    const isStranger = this.#scene.isStormy && this.#dice.chance(0.05);
    const appKey = isStranger ? "stranger" : route.appKey;
    const percent = this.#dice.chance(0.2) ? null : Math.floor(100 * part);
    const progress = this.#dice.chance(0.2) ? null : { percent, message: null };
    const extension = { namespace, appKey, runId, attempt, progress };
    this.#scene.note(`extends ${runId}#${attempt} as ${appKey}`);
    work.sender.extend(extension, (reply) => {
      if (isStranger || reply?.ok !== true || !reply.value.isCanceled || work.isOver) return;
      this.#scene.reach("extension: told to stop");
      this.#heed(work);
    });
  }

  #end(work: Work, callback: Callback): void {
    this.#scene.agenda.after(20_000, () => {
      work.isOver = true;
    });
    work.sender.callBack(callback);
  }

  /** Unless it has stopped by then, or died. */
  #at(work: Work, afterMs: number, act: () => void): void {
    this.#scene.agenda.after(afterMs, () => {
      if (this.#hasDied(work)) this.#scene.reach("node: died with a run");
      else if (!work.isOver) act();
    });
  }

  #hasDied({ node, life }: Work): boolean {
    return node !== null && this.#nodes.lifeAt(node) !== life;
  }
}

function keyAt(node: string, of: { readonly runId: string; readonly attempt: number }): string {
  return `${node} ${of.runId}#${of.attempt}`;
}
