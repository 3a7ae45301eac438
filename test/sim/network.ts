import type { Answered, Delivery, SendingRef } from "../../src/ports/dispatcher.ts";
import type { Dice } from "../support/prng.ts";
import type { Evidence } from "./evidence.ts";
import { ABORTED, answerOf, keyOf, neverSent, TIMED_OUT, type Reply } from "./executor-answers.ts";
import { planCallbacks, type Callback } from "./executor-callbacks.ts";
import { HABITS, type Habit } from "./options.ts";
import type { Scene } from "./scene.ts";

/** Where answers and callbacks go back to. */
export interface Sender {
  /** Whoever carried the delivery reports. */
  readonly answer: (answered: Answered) => void;
  readonly callBack: (callback: Callback) => void;
}

/** A delivery under way. */
interface Carried {
  readonly delivery: Delivery;
  readonly sender: Sender;
  /** Broken off: whatever it would still have brought is lost. */
  isAborted: boolean;
}

/** Carries deliveries to the executors and their answers back, and loses, doubles and delays them. */
export class Network {
  readonly #scene: Scene;
  readonly #evidence: Evidence;
  readonly #dice: Dice;
  readonly #carried = new Map<string, Carried>();

  constructor(scene: Scene, evidence: Evidence) {
    this.#scene = scene;
    this.#evidence = evidence;
    this.#dice = scene.dice("network");
  }

  carry(delivery: Delivery, sender: Sender): void {
    const { agenda, faults } = this.#scene;
    const carried: Carried = { delivery, sender, isAborted: false };
    this.#carried.set(keyOf(delivery), carried);
    if (delivery.route.kind === "none") {
      this.#scene.reach("route: none");
      this.#report(carried, neverSent(delivery.route.error.message));
      return;
    }
    const habit = this.#habitOf(delivery);
    if (habit === "refuses") {
      this.#scene.reach("executor: refuses connections");
      this.#report(carried, neverSent("The connection was refused."));
      return;
    }
    if (this.#dice.chance(faults.deliveryLost)) {
      this.#scene.reach("fault: delivery lost");
      this.#report(carried, { afterMs: delivery.timeoutMs, answer: TIMED_OUT, status: null });
      return;
    }
    const travelMs = this.#dice.int(1, 40);
    agenda.after(travelMs, () => this.#arrive(carried, habit, travelMs));
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
    this.#report(carried, ABORTED);
  }

  #arrive(carried: Carried, habit: Habit, travelMs: number): void {
    const { delivery, sender } = carried;
    if (carried.isAborted) return;
    this.#scene.note(`arrives ${keyOf(delivery)} ${habit}`);
    this.#scene.reach(`executor: ${habit}`);
    this.#evidence.arrived(delivery);
    const executor = { delivery, dice: this.#dice, evidence: this.#evidence };
    const reply = answerOf(habit, executor);
    if (habit === "accepts")
      for (const { afterMs, callback } of planCallbacks(this.#scene, executor))
        this.#scene.agenda.after(afterMs, () => sender.callBack(callback));
    const leftMs = delivery.timeoutMs - travelMs;
    const isTooLate = reply.afterMs >= leftMs;
    const timedOut = { afterMs: leftMs, answer: TIMED_OUT, status: null };
    this.#report(carried, isTooLate ? timedOut : reply);
  }

  /** Once the world has healed, executors answer well. */
  #habitOf({ route }: Delivery): Habit {
    const { habits } = this.#scene.options;
    const names = this.#scene.isStormy ? HABITS : (["ok", "accepts"] as const);
    const habit = this.#dice.weighted<Habit>(names, habits);
    const mayCallBack =
      route.kind === "executor" || (route.kind === "webhook" && route.target.mode === "async");
    return habit === "accepts" && !mayCallBack ? "ok" : habit;
  }

  /** The carrier reports, unless that is lost, and perhaps twice. */
  #report(carried: Carried, reply: Reply): void {
    const { agenda, faults } = this.#scene;
    const { delivery, sender } = carried;
    const { runId, attempt, send } = delivery;
    const { answer, status } = reply;
    const nowhere = { phases: null, node: null, unreached: [] };
    const answered: Answered = { runId, attempt, send, answer, status, ...nowhere };
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
