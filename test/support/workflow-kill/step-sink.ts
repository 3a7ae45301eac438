import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../../../src/core/json.ts";
import type { HostClient } from "../host-client.ts";
import { Dice } from "../prng.ts";
import { attemptOf, runOf, Sink, type Arrival, type SinkAnswer } from "../sink.ts";

type JsonObject = { readonly [key: string]: Json };

/** Whose work a delivery is. */
export interface PartOfStep {
  readonly workflowRun: string;
  readonly step: string;
  /** -1 where the step has one run. */
  readonly part: number;
  readonly revision: number;
  readonly isCompensation: boolean;
}

/** `final` is a failure that says not to try again. */
export interface StepAnswer {
  readonly kind: "ok" | "failed" | "final" | "reset";
  readonly result: Json;
  readonly context: JsonObject;
  /** When it was begun to be sent: nobody can know it earlier. */
  readonly atMs: number;
}

/** A delivery of a step as it arrived, written down before anything was done about it. */
export interface StepArrival extends PartOfStep {
  readonly atMs: number;
  readonly run: string;
  readonly attempt: number;
  readonly params: JsonObject;
  readonly context: JsonObject;
  /** Null until it is answered, be it by callback. */
  answer: StepAnswer | null;
  /** When the host said that it had taken the callback. */
  takenMs: number | null;
}

const CHANCES = { slow: 0.12, failed: 0.1, reset: 0.05, item: 1_000 } as const;
/** The callback was taken, or comes too late. */
const CALLED_BACK: ReadonlySet<number> = new Set([200, 409, 410]);

/**
 * What the steps call: it writes down what arrives and answers by the throw of dice that follow from the attempt,
 * so that an attempt which is sent twice is answered alike.
 */
export class StepSink {
  readonly log: StepArrival[] = [];
  /** Arrivals that tell of no step. */
  readonly strange: Arrival[] = [];
  readonly #sink: Sink;
  readonly #seed: number;
  readonly #client: () => HostClient;
  readonly #resets = new Set<string>();
  readonly #callbacks = new Set<Promise<void>>();

  private constructor(sink: Sink, client: () => HostClient, seed: number) {
    this.#sink = sink;
    this.#client = client;
    this.#seed = seed;
  }

  /** `client` is asked for whenever there is something to call back. */
  static async open(client: () => HostClient, seed: number): Promise<StepSink> {
    const sink = await Sink.open();
    const steps = new StepSink(sink, client, seed);
    sink.on("/sync", (arrival) => steps.#sync(arrival));
    sink.on("/async", (arrival) => steps.#async(arrival));
    return steps;
  }

  get url(): string {
    return this.#sink.url;
  }

  /** Waits until the last callback was taken. */
  async calledBack(): Promise<void> {
    while (this.#callbacks.size > 0) await Promise.all(this.#callbacks);
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  async #sync(arrival: Arrival): Promise<SinkAnswer> {
    const step = this.#writeDown(arrival);
    if (step === null) return { status: 400 };
    const dice = this.#diceOf(step);
    const { kind, result, context } = this.#decide(step, dice);
    await sleep(dice.chance(CHANCES.slow) ? dice.int(200, 1_500) : dice.int(0, 30));
    step.answer = { kind, result, context, atMs: Date.now() };
    if (kind === "reset") return "reset";
    if (kind === "ok") return { status: 200, json: { result, context } };
    return { status: kind === "final" ? 489 : 500, json: { error: { message: kind } } };
  }

  async #async(arrival: Arrival): Promise<SinkAnswer> {
    const step = this.#writeDown(arrival);
    if (step === null) return { status: 400 };
    const dice = this.#diceOf(step);
    const decided = this.#decide(step, dice);
    if (decided.kind === "reset") {
      step.answer = { ...decided, atMs: Date.now() };
      return "reset";
    }
    const token = arrival.headers["tickwheel-callback-token"] ?? "";
    const work = this.#callBack(step, decided, { dice, token }).finally(() =>
      this.#callbacks.delete(work),
    );
    this.#callbacks.add(work);
    await sleep(dice.int(0, 50));
    return { status: 202 };
  }

  /** Calls back until the host has taken it, or says that it comes too late. It may overtake the 202. */
  async #callBack(
    step: StepArrival,
    { kind, result, context }: Omit<StepAnswer, "atMs">,
    { dice, token }: { readonly dice: Dice; readonly token: string },
  ): Promise<void> {
    await sleep(dice.int(0, dice.chance(0.3) ? 1_500 : 200));
    const failed = { status: "failed", error: { message: kind }, retry: kind !== "final" };
    const body = kind === "ok" ? { status: "succeeded", result, context } : failed;
    step.answer = { kind, result, context, atMs: Date.now() };
    for (let status = 0; !CALLED_BACK.has(status);) {
      const asking = this.#client().ask("POST", "/api/v1/executor/callback", { token, body });
      status = await asking.then((got) => got.status).catch(() => 0);
      if (status === 200) step.takenMs = Date.now();
      else await sleep(50);
    }
  }

  #writeDown(arrival: Arrival): StepArrival | null {
    // The host sends JSON objects here, or this is noticed at the end.
    const { workflow, params = {} } = Object(JSON.parse(arrival.body));
    if (workflow === undefined) {
      this.strange.push(arrival);
      return null;
    }
    const { run, step, part = -1, revision, compensation = false, context } = Object(workflow);
    const written: StepArrival = {
      atMs: arrival.atMs,
      run: runOf(arrival),
      attempt: attemptOf(arrival),
      workflowRun: run,
      step,
      part,
      revision,
      isCompensation: compensation,
      params,
      context,
      answer: null,
      takenMs: null,
    };
    this.log.push(written);
    return written;
  }

  #diceOf({ run, attempt }: StepArrival): Dice {
    return new Dice(this.#seed, `${run}#${attempt}`);
  }

  /** What the attempt comes to; a connection is reset the first time only. */
  #decide(step: StepArrival, dice: Dice): Omit<StepAnswer, "atMs"> {
    const { part, params, revision, isCompensation } = step;
    const v = dice.int(0, CHANCES.item - 1);
    const nothing = { result: null, context: {} } as const;
    const isReset = dice.chance(CHANCES.reset);
    const isFailed = dice.chance(CHANCES.failed);
    const attempt = `${step.run}#${step.attempt}`;
    if (isReset && !this.#resets.has(attempt)) {
      this.#resets.add(attempt);
      return { kind: "reset", ...nothing };
    }
    if (isFailed) return { kind: "failed", ...nothing };
    if (Number(params["fail"] ?? 0) >= revision) return { kind: "final", ...nothing };
    if (isCompensation) return { kind: "ok", ...nothing };
    const result = {
      [part < 0 ? "v" : `p${part}`]: v,
      ...listOf(params["items"], dice),
    };
    return { kind: "ok", result, context: { [contextKey(step)]: v } };
  }
}

/** Under which key a part lays something over the context. */
export function contextKey({ step, part }: Pick<PartOfStep, "step" | "part">): string {
  return part < 0 ? step : `${step}/${part}`;
}

/** As many items as the step was told to list. */
function listOf(count: Json | undefined, dice: Dice): JsonObject {
  if (typeof count !== "number") return {};
  return { items: Array.from({ length: count }, (_, i) => i * CHANCES.item + dice.int(0, 99)) };
}
