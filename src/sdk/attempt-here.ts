import type { DeliveryOrder } from "./delivery-order.ts";
import type { Handler, HandlerContext, WorkflowHandle } from "./handler.ts";
import { Lease } from "./lease.ts";
import {
  answerOfOutcome,
  callbackOfOutcome,
  jsonAnswer,
  needsCallback,
  outcomeOfError,
  outcomeOfResult,
  type HttpAnswer,
  type Outcome,
  type Stopped,
} from "./outcome.ts";
import { doneWithin } from "./platform.ts";
import { RunLog, type RunLogDeps } from "./run-log.ts";
import { isTaken } from "./scheduler.ts";
import { ContextUpdates } from "./shared-context.ts";

export const ATTEMPT_LIMITS = {
  /** How long the last lines may hold up the answer. */
  flushMs: 2_000,
  leaseMsMin: 1_000,
  /** How long a callback is tried when its token does not say how long it is good for. */
  callbackMsMax: 3_600_000,
} as const;

export interface AttemptDeps extends RunLogDeps {
  /** A handler that takes longer is answered for with 202, and called back. */
  readonly acceptAfterMs: number;
}

/** One attempt of a run that is under way here, from its delivery to the last word about it. */
export class AttemptHere {
  readonly order: DeliveryOrder;
  /** What its delivery is answered with: how it ended, or 202. */
  readonly answered: Promise<HttpAnswer>;
  /** The handler has ended. */
  readonly worked: Promise<Outcome>;
  /** The scheduler knows how it ended, or will not hear of it any more. */
  readonly done: Promise<void>;
  /** What its handler came to; null while it works. */
  outcome: Outcome | null = null;
  readonly #deps: AttemptDeps;
  readonly #controller = new AbortController();
  readonly #lease: Lease;
  readonly #log: RunLog;
  readonly #updates = new ContextUpdates();
  #hasAccepted = false;

  constructor(deps: AttemptDeps, order: DeliveryOrder, at: { handler: Handler; issuedMs: number }) {
    this.#deps = deps;
    this.order = order;
    const { run, attempt } = order;
    this.#log = new RunLog(deps, { run, attempt });
    // Both by the scheduler's clock, so that ours may go as it likes.
    const leaseMs = Math.max(order.deadlineMs - at.issuedMs, ATTEMPT_LIMITS.leaseMsMin);
    const onStop = (why: Stopped): void => this.stop(why);
    this.#lease = new Lease({ ...deps, onStop }, { run, attempt, leaseMs });
    this.worked = this.#work(at.handler);
    this.answered = this.#answer(leaseMs);
    this.done = this.answered.then(() => (this.#hasAccepted ? this.#callBack() : undefined));
  }

  /** Aborts the handler's signal. Only the first reason counts. */
  stop(why: Stopped): void {
    this.#controller.abort(why);
  }

  async #work(handler: Handler): Promise<Outcome> {
    let outcome: Outcome;
    try {
      const result = await handler(this.#context());
      outcome = outcomeOfResult(result, this.#updates.values);
    } catch (error) {
      outcome = outcomeOfError(error, this.#controller.signal);
    }
    this.outcome = outcome;
    this.#lease.end();
    return outcome;
  }

  async #answer(leaseMs: number): Promise<HttpAnswer> {
    const { platform, acceptAfterMs } = this.#deps;
    if (acceptAfterMs !== Number.POSITIVE_INFINITY) {
      // A 202 that comes after the deadline accepts nothing.
      const waitMs = Math.min(acceptAfterMs, leaseMs / 2);
      if (!(await doneWithin(platform, waitMs, this.worked))) {
        this.#lease.keep();
        return this.#accept();
      }
    }
    const outcome = await this.worked;
    if (needsCallback(outcome)) return this.#accept();
    await this.#log.flush(ATTEMPT_LIMITS.flushMs);
    return answerOfOutcome(outcome);
  }

  /** How it ends is called back. */
  #accept(): HttpAnswer {
    this.#hasAccepted = true;
    return jsonAnswer(202, { accepted: true });
  }

  async #callBack(): Promise<void> {
    const outcome = await this.worked;
    await this.#log.flush(ATTEMPT_LIMITS.flushMs);
    const { platform, scheduler, ending, say } = this.#deps;
    const { callback, run } = this.order;
    const body = callbackOfOutcome(outcome);
    const until = {
      untilMs: expiryMsOf(callback.token) ?? platform.nowMs() + ATTEMPT_LIMITS.callbackMsMax,
      signal: ending,
    };
    const said = await scheduler.untilTaken(() => scheduler.callBack(callback, body), until);
    if (!isTaken(said)) say(`the callback of ${run} was not taken: ${said.why}`);
  }

  #context(): HandlerContext {
    const { nominalMs, deadlineMs, workflow, callback: _, ...order } = this.order;
    const update: WorkflowHandle["update"] = (values) => this.#updates.lay(values);
    return {
      ...order,
      workflow: workflow === null ? null : { ...workflow, update },
      nominalAt: new Date(nominalMs),
      deadlineAt: new Date(deadlineMs),
      signal: this.#controller.signal,
      log: this.#log,
      progress: (percent, message) => this.#lease.tell(percent, message),
    };
  }
}

/** Until when a token is good, unverified: it is the scheduler's business to refuse it. */
function expiryMsOf(token: string): number | null {
  try {
    const payload = token.split(".")[1] ?? "";
    const json: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const exp: unknown = typeof json === "object" && json !== null && "exp" in json ? json.exp : 0;
    return typeof exp === "number" && exp > 0 ? exp * 1_000 : null;
  } catch {
    return null;
  }
}
