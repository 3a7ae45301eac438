import type { Answered, CancelNotice, Delivery, SendingRef } from "../../src/ports/dispatcher.ts";
import type { Dice } from "../support/prng.ts";
import { AcceptedWork, type WorkSender } from "./accepted-work.ts";
import type { Evidence } from "./evidence.ts";
import { ABORTED, answerOf, keyOf, neverSent, TIMED_OUT, type Reply } from "./executor-answers.ts";
import type { ExecutorDesk } from "./executor-desk.ts";
import { HABITS, type Habit } from "./options.ts";
import type { Scene } from "./scene.ts";

/** Where answers, callbacks and extensions go back to. */
export interface Sender extends WorkSender {
  /** Whoever carried the delivery reports. */
  readonly answer: (answered: Answered) => void;
}

/** A delivery under way. */
interface Carried {
  readonly delivery: Delivery;
  readonly sender: Sender;
  /** By true time. */
  readonly endMs: number;
  /** Broken off: whatever it would still have brought is lost. */
  isAborted: boolean;
}

/** Which node a delivery is at, and which could not be reached before. */
interface Way {
  readonly node: string | null;
  readonly unreached: readonly string[];
}

const NOWHERE: Way = { node: null, unreached: [] };
/** How long a connection is waited for, while there is another node to try. */
const CONNECT_MS = 3_000;

/** Carries deliveries to webhooks and nodes and their answers back, and loses, doubles and delays them. */
export class Network {
  readonly #scene: Scene;
  readonly #evidence: Evidence;
  readonly #dice: Dice;
  readonly #nodes: ExecutorDesk;
  readonly #work: AcceptedWork;
  readonly #carried = new Map<string, Carried>();

  constructor(scene: Scene, evidence: Evidence, nodes: ExecutorDesk) {
    this.#scene = scene;
    this.#evidence = evidence;
    this.#dice = scene.dice("network");
    this.#nodes = nodes;
    this.#work = new AcceptedWork(scene, evidence, nodes);
  }

  carry(delivery: Delivery, sender: Sender): void {
    const { route, timeoutMs } = delivery;
    const endMs = this.#scene.agenda.nowMs + timeoutMs;
    const carried: Carried = { delivery, sender, endMs, isAborted: false };
    this.#carried.set(keyOf(delivery), carried);
    if (route.kind === "none") {
      this.#scene.reach("route: none");
      this.#report(carried, NOWHERE, neverSent(route.error.message, route.error.code ?? ""));
      return;
    }
    if (route.kind === "executor") this.#tryNode(carried, []);
    else this.#toWebhook(carried);
  }

  /** Breaks a delivery off. Its executor may have got it; its carrier says that it does not know. */
  abort(sending: SendingRef): void {
    const carried = this.#carried.get(keyOf(sending));
    if (carried === undefined || carried.isAborted) return;
    if (this.#dice.chance(this.#scene.faults.abortIgnored)) {
      this.#scene.reach("fault: abort ignored");
      return;
    }
    this.#scene.reach("delivery: aborted");
    this.#scene.note(`aborts ${keyOf(sending)}`);
    carried.isAborted = true;
    this.#report(carried, NOWHERE, ABORTED);
  }

  /** Tells a node that a run is canceled; `onAnswer` hears whether it is not under way there any more. */
  cancel(notice: CancelNotice, onAnswer: (isOver: boolean) => void): void {
    const { agenda, faults } = this.#scene;
    if (this.#dice.chance(faults.deliveryLost)) {
      this.#scene.reach("fault: notice lost");
      return;
    }
    agenda.after(this.#dice.int(1, 40), () => {
      if (!this.#nodes.isReached(notice.node.address)) return;
      const isOver = this.#work.stop(notice);
      if (this.#dice.chance(faults.answerLost)) return;
      agenda.after(this.#dice.int(1, 40), () => onAnswer(isOver));
    });
  }

  #toWebhook(carried: Carried): void {
    const habit = this.#habitOf(carried.delivery);
    if (habit !== "refuses") {
      this.#travel(carried, NOWHERE, habit);
      return;
    }
    this.#scene.reach("executor: refuses connections");
    this.#report(carried, NOWHERE, neverSent("The connection was refused."));
  }

  /** The next node of the route: the first that can be reached gets it. */
  #tryNode(carried: Carried, unreached: readonly string[]): void {
    const { route } = carried.delivery;
    if (route.kind !== "executor" || carried.isAborted) return;
    const left = [route.node, ...route.alternates].slice(unreached.length);
    const [node] = left;
    if (node === undefined) return;
    const way = { node: node.address, unreached };
    const habit = this.#habitOf(carried.delivery);
    if (habit !== "refuses" && this.#nodes.isReached(node.address)) {
      if (unreached.length > 0) this.#scene.reach("delivery: failed over");
      this.#travel(carried, way, habit);
      return;
    }
    this.#scene.reach("executor: refuses connections");
    const { agenda } = this.#scene;
    const leftMs = carried.endMs - agenda.nowMs;
    const shareMs = Math.min(CONNECT_MS, Math.ceil(leftMs / left.length));
    agenda.after(this.#dice.chance(0.7) ? this.#dice.int(1, 40) : shareMs, () => {
      const isOver = carried.isAborted || agenda.nowMs >= carried.endMs;
      if (left.length > 1 && !isOver) this.#tryNode(carried, [...unreached, node.address]);
      else if (!carried.isAborted)
        this.#report(carried, way, neverSent("The connection was refused."));
    });
  }

  #travel(carried: Carried, way: Way, habit: Habit): void {
    const { agenda, faults } = this.#scene;
    if (this.#dice.chance(faults.deliveryLost)) {
      this.#scene.reach("fault: delivery lost");
      const afterMs = Math.max(0, carried.endMs - agenda.nowMs);
      this.#report(carried, way, { afterMs, answer: TIMED_OUT, status: null });
      return;
    }
    agenda.after(this.#dice.int(1, 40), () => this.#arrive(carried, way, habit));
  }

  #arrive(carried: Carried, way: Way, habit: Habit): void {
    const { delivery, sender } = carried;
    if (carried.isAborted) return;
    this.#scene.note(`arrives ${keyOf(delivery)} ${habit} ${way.node ?? ""}`);
    this.#scene.reach(`executor: ${habit}`);
    this.#evidence.arrived(delivery, way.node);
    const executor = { delivery, dice: this.#dice, evidence: this.#evidence };
    const reply = answerOf(habit, executor);
    if (habit === "accepts") this.#work.accept(executor, way.node, sender);
    const leftMs = Math.max(0, carried.endMs - this.#scene.agenda.nowMs);
    const isTooLate = reply.afterMs >= leftMs;
    const timedOut = { afterMs: leftMs, answer: TIMED_OUT, status: null };
    this.#report(carried, way, isTooLate ? timedOut : reply);
  }

  /** Once the world has healed, executors answer well. */
  #habitOf({ route }: Delivery): Habit {
    const { habits } = this.#scene.options;
    const names = this.#scene.isStormy ? HABITS : (["ok", "accepts"] as const);
    const habit = this.#dice.weighted<Habit>(names, habits);
    // Nodes tend to accept what takes long.
    if (route.kind === "executor")
      return habit === "ok" && this.#dice.chance(0.4) ? "accepts" : habit;
    const mayCallBack = route.kind === "webhook" && route.target.mode === "async";
    return habit === "accepts" && !mayCallBack ? "ok" : habit;
  }

  /** The carrier reports, unless that is lost, and perhaps twice. */
  #report(carried: Carried, way: Way, reply: Reply): void {
    const { agenda, faults } = this.#scene;
    const { delivery, sender } = carried;
    const { runId, attempt, send } = delivery;
    const { answer, status } = reply;
    const answered: Answered = { runId, attempt, send, answer, status, phases: null, ...way };
    if (this.#dice.chance(faults.answerLost)) {
      this.#scene.reach("fault: answer lost");
      return;
    }
    const isOfAbort = carried.isAborted;
    const say = (): void => {
      this.#carried.delete(keyOf(delivery));
      if (carried.isAborted === isOfAbort) sender.answer(answered);
    };
    const isDelayed = this.#dice.chance(faults.answerDelayed);
    if (isDelayed) this.#scene.reach("fault: answer delayed");
    const delayMs = isDelayed ? this.#dice.int(0, delivery.timeoutMs * 2) : 0;
    agenda.after(reply.afterMs + delayMs, say);
    if (!this.#dice.chance(faults.answerDoubled)) return;
    this.#scene.reach("fault: answer doubled");
    const againMs = reply.afterMs + delayMs + this.#dice.int(0, 30_000);
    agenda.after(againMs, say);
  }
}
