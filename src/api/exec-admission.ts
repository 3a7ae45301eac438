import type { Context } from "hono";
import { Refusal } from "../core/refusal.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import { bearerIn } from "./auth.ts";
import { ExecCallers, execTokenRefused } from "./exec-caller.ts";
import { RateLimiter } from "./rate-limit.ts";

type Ctx = Context<ApiEnv>;

/** Refused tokens from one address in a minute, before the keepers are left alone. */
const FAILURES_PER_MINUTE = 600;

/**
 * Lets in what executors send, by their own tokens. It is asked before the body is looked into, so that
 * a forged call is answered alike whatever it says.
 */
export class ExecAdmission {
  readonly #deps: ApiDeps;
  readonly #callers: ExecCallers;
  readonly #failures = new RateLimiter();

  constructor(deps: ApiDeps) {
    this.#deps = deps;
    this.#callers = new ExecCallers(deps);
  }

  /**
   * The appKey of the caller, which is left for the handler. Throws `token.missing`, `token.invalid`, or
   * `rate.limited` where too many tokens from this address were refused: then only executors that are
   * remembered are let in, so that one who tries tokens keeps nobody behind the same address from beating.
   */
  async admit(c: Ctx, bodyText: string): Promise<string> {
    const authorization = c.req.raw.headers.get("authorization");
    if (authorization === null)
      throw new Refusal("token.missing", "This route needs an Authorization header.");
    const nowMs = c.get("nowMs");
    const earlier = this.#failures.peek(this.#addressOf(c), FAILURES_PER_MINUTE, nowMs);
    const bearer = bearerIn(authorization) ?? "";
    const call = { bearer, bodyText, nowMs };
    const caller = await this.#callers.callerOf(call, earlier.isAllowed);
    if (caller !== null) {
      c.set("execCaller", caller);
      return caller.appKey;
    }
    if (!earlier.isAllowed)
      throw new Refusal("rate.limited", "Too many refused tokens from this address.", {
        retryAfterMs: earlier.waitMs,
      });
    this.#countFailure(c);
    throw execTokenRefused();
  }

  /** Looks at the answer: a token that its keeper did not take counts like a forged one. */
  settle(c: Ctx): void {
    if (c.res.status === 401) this.#countFailure(c);
  }

  #countFailure(c: Ctx): void {
    this.#failures.take(this.#addressOf(c), FAILURES_PER_MINUTE, c.get("nowMs"));
  }

  #addressOf(c: Ctx): string {
    return this.#deps.clientAddress(c.req.raw, c.env) ?? "unknown";
  }
}
