import { AttemptHere, type AttemptDeps } from "./attempt-here.ts";
import type { CancelOrder, DeliveryOrder } from "./delivery-order.ts";
import type { Handlers } from "./handler.ts";
import {
  answerOfOutcome,
  errorAnswer,
  jsonAnswer,
  laterAnswer,
  Stopped,
  type HttpAnswer,
} from "./outcome.ts";
import { doneWithin } from "./platform.ts";

export const RUNS_LIMITS = {
  /** Ended attempts whose answer is kept for a delivery that comes once more. */
  endedMax: 1_024,
  endedCharsMax: 8_388_608,
  /** How long a cancel waits for the handler. */
  cancelWaitMs: 4_000,
} as const;

export interface RunsDeps extends AttemptDeps {
  readonly handlers: Handlers;
  /** Attempts under way at once; the next is told to come later. */
  readonly concurrency: number;
}

/**
 * All attempts that this process works on. A delivery that comes twice, because its first answer was
 * lost, joins the attempt that is under way, or gets the answer that it ended with: within one process
 * an attempt is worked on once.
 */
export class RunsHere {
  readonly #deps: RunsDeps;
  readonly #underWay = new Map<string, AttemptHere>();
  readonly #ended = new Map<string, HttpAnswer>();
  #endedChars = 0;
  #isClosed = false;

  constructor(deps: RunsDeps) {
    this.#deps = deps;
  }

  /** Handlers that work just now. */
  get inFlight(): number {
    let count = 0;
    for (const { outcome } of this.#underWay.values()) if (outcome === null) count++;
    return count;
  }

  /** Starts an attempt, or finds the one that was started before. */
  take(order: DeliveryOrder, issuedMs: number): AttemptHere | HttpAnswer {
    const key = keyOf(order);
    const known = this.#underWay.get(key) ?? this.#ended.get(key);
    if (known !== undefined) return known;
    const { handlers, concurrency } = this.#deps;
    const handler = Object.hasOwn(handlers, order.handler) ? handlers[order.handler] : undefined;
    if (handler === undefined) {
      const message = `this executor has no handler "${order.handler}"`;
      return errorAnswer(404, { message, code: "handler.unknown" });
    }
    if (this.#isClosed)
      return laterAnswer(1, { message: "the executor is stopping", code: "stopping" });
    if (this.inFlight >= concurrency)
      return laterAnswer(1, { message: `${concurrency} runs are under way here`, code: "busy" });
    return this.#start(order, { handler, issuedMs });
  }

  /** Asks an attempt to stop, and says whether it has. */
  async cancel({ run, attempt, reason }: CancelOrder): Promise<HttpAnswer> {
    const here = this.#underWay.get(keyOf({ run, attempt }));
    if (here === undefined) return jsonAnswer(404, { known: false });
    const why = reason === null ? "the run was canceled" : `the run was canceled: ${reason}`;
    here.stop(new Stopped("canceled", why));
    await doneWithin(this.#deps.platform, RUNS_LIMITS.cancelWaitMs, here.worked);
    // One that was faster than the cancel tells so itself.
    return jsonAnswer(200, { canceled: here.outcome?.kind === "canceled" });
  }

  /** Takes no more, and waits for what is under way; what then still works is told to stop. */
  async close(waitMs: number, stopWaitMs: number): Promise<void> {
    this.#isClosed = true;
    const { platform } = this.#deps;
    if (await doneWithin(platform, waitMs, this.#allDone())) return;
    for (const here of this.#underWay.values())
      here.stop(new Stopped("stopping", "the executor is stopping"));
    await doneWithin(platform, stopWaitMs, this.#allDone());
  }

  #start(order: DeliveryOrder, at: ConstructorParameters<typeof AttemptHere>[2]): AttemptHere {
    // The scheduler has given up every earlier attempt of this run.
    const why = new Stopped("superseded", "a later attempt of this run has begun");
    for (const here of this.#underWay.values())
      if (here.order.run === order.run && here.order.attempt < order.attempt) here.stop(why);
    const attempt = new AttemptHere(this.#deps, order, at);
    this.#underWay.set(keyOf(order), attempt);
    void this.#follow(attempt);
    return attempt;
  }

  async #follow({ order, done, worked }: AttemptHere): Promise<void> {
    await done;
    const key = keyOf(order);
    this.#underWay.delete(key);
    this.#keep(key, answerOfOutcome(await worked));
  }

  #keep(key: string, answer: HttpAnswer): void {
    this.#ended.set(key, answer);
    this.#endedChars += answer.body.length;
    const { endedMax, endedCharsMax } = RUNS_LIMITS;
    for (const [oldest, { body }] of this.#ended) {
      if (this.#ended.size <= endedMax && this.#endedChars <= endedCharsMax) return;
      this.#ended.delete(oldest);
      this.#endedChars -= body.length;
    }
  }

  async #allDone(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }
}

function keyOf({ run, attempt }: { readonly run: string; readonly attempt: number }): string {
  return `${run}#${attempt}`;
}
