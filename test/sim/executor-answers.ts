import type { Answer } from "../../src/core/answer.ts";
import type { Json } from "../../src/core/json.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type { Dice } from "../support/prng.ts";
import type { Evidence } from "./evidence.ts";
import type { Habit } from "./options.ts";

export interface Reply {
  readonly afterMs: number;
  readonly answer: Answer;
  readonly status: number | null;
}

export const TIMED_OUT: Answer = { kind: "timed_out" };
/** What a carrier says of a delivery that it was told to break off. */
export const ABORTED: Reply = {
  afterMs: 1,
  answer: { kind: "unknown", error: { message: "The delivery was broken off.", code: "aborted" } },
  status: null,
};
const CUT = { message: "The connection was cut.", code: "cut" };
const DAY_MS = 86_400_000;

interface Executor {
  readonly delivery: Delivery;
  readonly dice: Dice;
  readonly evidence: Evidence;
}

/** What an executor of this habit does with a delivery that has reached it; it notes what it says. */
export function answerOf(habit: Habit, executor: Executor): Reply {
  const afterMs = executor.dice.int(1, 40);
  return ANSWERS[habit](executor, afterMs);
}

const ANSWERS: Readonly<Record<Habit, (executor: Executor, afterMs: number) => Reply>> = {
  ok: succeed,
  slow: (executor) =>
    succeed(executor, executor.dice.int(1, Math.floor(executor.delivery.timeoutMs * 0.9))),
  tooSlow: (executor) => succeed(executor, executor.delivery.timeoutMs * 2),
  error: (_, afterMs) => ({ afterMs, answer: failed({ code: "http_500" }), status: 500 }),
  busy,
  gone: (_, afterMs) => ({
    afterMs,
    answer: failed({ code: "http_410", gone: true }),
    status: 410,
  }),
  final: (_, afterMs) => ({
    afterMs,
    answer: failed({ code: "http_489", retry: false }),
    status: 489,
  }),
  accepts: (_, afterMs) => ({ afterMs, answer: { kind: "accepted" }, status: 202 }),
  refuses: () => neverSent("The connection was refused."),
  cuts: (_, afterMs) => ({ afterMs, answer: { kind: "unknown", error: CUT }, status: null }),
};

/** No byte of the request left. */
export function neverSent(message: string, code = "unreachable"): Reply {
  const answer = failed({ code, message, delivered: false });
  return { afterMs: 1, answer, status: null };
}

function succeed({ delivery, dice, evidence }: Executor, afterMs: number): Reply {
  const said = sayFor(delivery, dice);
  evidence.saysSuccess(delivery, said.result);
  const answer = { kind: "succeeded", truncated: false, ...said } as const;
  return { afterMs, answer, status: 200 };
}

/** What an executor gives for an attempt; for a step sometimes with a word that all steps are to share. */
export function sayFor(
  delivery: Delivery,
  dice: Dice,
  how = "",
): { readonly result: Json; readonly context: { readonly [key: string]: Json } | null } {
  const by = `${keyOf(delivery)}${how}`;
  const step = delivery.workflow?.step;
  if (step === undefined || dice.chance(0.5)) return { result: { by }, context: null };
  return { result: { by, shared: step }, context: { [step]: by } };
}

function busy(executor: Executor, afterMs: number): Reply {
  const { dice, evidence, delivery } = executor;
  const retryAfterMs = dice.pick([0, 1_000, 45_000, 2 * DAY_MS]);
  // Waiting out a day takes a world longer than most live.
  if (retryAfterMs > DAY_MS && dice.chance(0.8)) return succeed(executor, afterMs);
  evidence.asksToWait(delivery, retryAfterMs);
  return { afterMs, answer: failed({ code: "http_429", retryAfterMs }), status: 429 };
}

export function keyOf(of: {
  readonly runId: string;
  readonly attempt: number;
  readonly send: number;
}): string {
  return `${of.runId}#${of.attempt}#${of.send}`;
}

function failed(
  more: Partial<Omit<Extract<Answer, { readonly kind: "failed" }>, "kind" | "error">> & {
    readonly code: string;
    readonly message?: string;
  },
): Answer {
  const { code, message = "The target failed.", ...rest } = more;
  return {
    kind: "failed",
    error: { message, code },
    retry: true,
    retryAfterMs: null,
    delivered: true,
    gone: false,
    ...rest,
  };
}
