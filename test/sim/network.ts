import type { Answer } from "../../src/core/answer.ts";
import type { Json } from "../../src/core/json.ts";
import type { Answered, Delivery } from "../../src/ports/dispatcher.ts";
import type { ShardCommands } from "../../src/ports/shard-client.ts";
import type { Dice } from "../support/prng.ts";
import type { Evidence } from "./evidence.ts";
import type { Habit } from "./options.ts";
import type { Scene } from "./scene.ts";

export type Callback = ShardCommands["run.callback"]["input"];

/** Where answers and callbacks go back to. */
export interface Sender {
  /** Whoever carried the delivery reports. */
  readonly answer: (answered: Answered) => void;
  readonly callBack: (callback: Callback) => void;
}

interface Reply {
  readonly afterMs: number;
  readonly answer: Answer;
  readonly status: number | null;
}

/** What executors do with a delivery, and what the network does to it on its way. */
export class Network {
  readonly #scene: Scene;
  readonly #evidence: Evidence;
  readonly #dice: Dice;

  constructor(scene: Scene, evidence: Evidence) {
    this.#scene = scene;
    this.#evidence = evidence;
    this.#dice = scene.dice("network");
  }

  carry(delivery: Delivery, sender: Sender): void {
    const { agenda, faults } = this.#scene;
    const dice = this.#dice;
    const travelMs = dice.int(1, 40);
    if (delivery.route.kind === "none") {
      this.#scene.reach("route: none");
      const answer = failed({ ...NEVER_SENT, message: delivery.route.error.message });
      this.#report(sender, delivery, { afterMs: 0, answer, status: null });
      return;
    }
    const habit = this.#habitOf(delivery);
    if (habit === "refuses") {
      this.#scene.reach("executor: refuses connections");
      const answer = failed(NEVER_SENT);
      this.#report(sender, delivery, { afterMs: travelMs, answer, status: null });
      return;
    }
    if (dice.chance(faults.deliveryLost)) {
      this.#scene.reach("fault: delivery lost");
      const reply = { afterMs: delivery.timeoutMs, answer: TIMED_OUT, status: null };
      this.#report(sender, delivery, reply);
      return;
    }
    agenda.after(travelMs, () => {
      this.#scene.note(`arrives ${keyOf(delivery)} ${habit}`);
      this.#evidence.arrived(delivery);
      const reply = this.#answerOf(delivery, habit, sender);
      const isTooLate = travelMs + reply.afterMs >= delivery.timeoutMs;
      const timedOut = {
        afterMs: delivery.timeoutMs - travelMs,
        answer: TIMED_OUT,
        status: null,
      };
      this.#report(sender, delivery, isTooLate ? timedOut : reply);
    });
  }

  #habitOf(delivery: Delivery): Habit {
    const { habits } = this.#scene.options;
    const isStormy = this.#scene.faults === this.#scene.options.faults;
    const { accepts } = habits;
    const habit = this.#dice.weighted<Habit>(isStormy ? habits : { ok: 1, accepts }, "ok");
    const { route } = delivery;
    const mayCallBack =
      route.kind === "executor" || (route.kind === "webhook" && route.target.mode === "async");
    return habit === "accepts" && !mayCallBack ? "ok" : habit;
  }

  #answerOf(delivery: Delivery, habit: Habit, sender: Sender): Reply {
    const dice = this.#dice;
    const afterMs = dice.int(1, 40);
    this.#scene.reach(`executor: ${habit}`);
    switch (habit) {
      case "slow":
        return this.#succeed(delivery, dice.int(1, Math.floor(delivery.timeoutMs * 0.9)));
      case "tooSlow":
        return this.#succeed(delivery, delivery.timeoutMs * 2);
      case "error":
        return { afterMs, answer: failed({ code: "http_500" }), status: 500 };
      case "busy": {
        const retryAfterMs = dice.pick([0, 1_000, 45_000, 200_000_000]);
        if (retryAfterMs > 86_400_000 && dice.chance(0.8)) return this.#succeed(delivery, afterMs);
        this.#evidence.asksToWait(delivery, retryAfterMs);
        return { afterMs, answer: failed({ code: "http_429", retryAfterMs }), status: 429 };
      }
      case "gone":
        return { afterMs, answer: failed({ code: "http_410", gone: true }), status: 410 };
      case "final":
        return { afterMs, answer: failed({ code: "http_489", retry: false }), status: 489 };
      case "accepts":
        this.#planCallbacks(delivery, sender);
        return { afterMs, answer: { kind: "accepted" }, status: 202 };
      case "cuts":
        return { afterMs, answer: { kind: "unknown", error: CUT }, status: null };
      default:
        return this.#succeed(delivery, afterMs);
    }
  }

  #succeed(delivery: Delivery, afterMs: number): Reply {
    const result: Json = { by: keyOf(delivery) };
    this.#evidence.saysSuccess(delivery, result);
    return { afterMs, answer: { kind: "succeeded", result, truncated: false }, status: 200 };
  }

  /** The carrier reports, unless that is lost, and perhaps twice. */
  #report(sender: Sender, delivery: Delivery, reply: Reply): void {
    const { agenda, faults } = this.#scene;
    const { runId, attempt, send } = delivery;
    const { answer, status } = reply;
    const answered: Answered = { runId, attempt, send, answer, status, phases: null };
    if (this.#dice.chance(faults.answerLost)) {
      this.#scene.reach("fault: answer lost");
      return;
    }
    const isDelayed = this.#dice.chance(faults.answerDelayed);
    if (isDelayed) this.#scene.reach("fault: answer delayed");
    const delayMs = isDelayed ? this.#dice.int(0, delivery.timeoutMs * 2) : 0;
    agenda.after(reply.afterMs + delayMs, () => sender.answer(answered));
    if (!this.#dice.chance(faults.answerDoubled)) return;
    this.#scene.reach("fault: answer doubled");
    const againMs = reply.afterMs + delayMs + this.#dice.int(0, 30_000);
    agenda.after(againMs, () => sender.answer(answered));
  }

  /** An executor that said 202 calls back: once, twice, too early, too late, in contradiction, or never. */
  #planCallbacks(delivery: Delivery, sender: Sender): void {
    const dice = this.#dice;
    const isStormy = this.#scene.faults === this.#scene.options.faults;
    if (isStormy && dice.chance(0.1)) {
      this.#scene.reach("callback: never");
      return;
    }
    const isEarly = dice.chance(0.2);
    const isLate = isStormy && dice.chance(0.15);
    const longestMs = Math.floor(delivery.timeoutMs * 0.9);
    const inTimeMs = isEarly ? 0 : dice.int(45, Math.max(46, longestMs));
    const afterMs = isLate ? delivery.timeoutMs + dice.int(100, 60_000) : inTimeMs;
    if (isEarly) this.#scene.reach("callback: before the 202");
    if (isLate) this.#scene.reach("callback: after the lease");
    const first = this.#callbackOf(delivery, dice.chance(isStormy ? 0.75 : 1));
    this.#send(sender, first, afterMs);
    if (dice.chance(0.3)) {
      this.#scene.reach("callback: doubled");
      this.#send(sender, first, afterMs + dice.int(0, 20_000));
    }
    if (!isStormy || !dice.chance(0.25)) return;
    this.#scene.reach("callback: contradictory");
    const other = this.#callbackOf(delivery, first.status === "failed");
    this.#send(sender, other, afterMs + dice.int(0, 20_000));
  }

  #callbackOf(delivery: Delivery, isSuccess: boolean): Callback {
    const { runId, attempt, send } = delivery;
    const result: Json = isSuccess ? { by: `${keyOf(delivery)} called back` } : null;
    if (isSuccess) this.#evidence.saysSuccess(delivery, result);
    return {
      runId,
      attempt,
      status: isSuccess ? "succeeded" : "failed",
      result,
      resultTruncated: false,
      error: isSuccess ? null : { message: "It broke.", code: "broken" },
      retry: this.#dice.chance(0.7),
      digest: `${attempt}.${send} ${isSuccess}`,
    };
  }

  #send(sender: Sender, callback: Callback, afterMs: number): void {
    this.#scene.agenda.after(afterMs, () => sender.callBack(callback));
  }
}

export function keyOf(of: {
  readonly runId: string;
  readonly attempt: number;
  readonly send: number;
}): string {
  return `${of.runId}#${of.attempt}#${of.send}`;
}

const TIMED_OUT: Answer = { kind: "timed_out" };
const CUT = { message: "The connection was cut.", code: "cut" };
const NEVER_SENT = { delivered: false, code: "refused" };

function failed(
  more: Partial<Omit<Extract<Answer, { readonly kind: "failed" }>, "kind" | "error">> & {
    readonly code: string;
    readonly message?: string;
  },
): Answer {
  const { code, message = "The target failed.", ...rest } = more;
  const error = { message, code };
  return {
    kind: "failed",
    error,
    retry: true,
    retryAfterMs: null,
    delivered: true,
    gone: false,
    ...rest,
  };
}
