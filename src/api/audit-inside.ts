import type { Context, MiddlewareHandler } from "hono";
import type { Json } from "../core/json.ts";
import type { Api, ApiEnv } from "./api-deps.ts";
import type { Principal } from "./principal.ts";

/** What the caller of an inner request hands on to it. */
type Inside = Pick<ApiEnv["Variables"], "principal" | "login" | "nowMs" | "requestId">;

/**
 * Reads through the handlers of this API without leaving it: with the principal of a request that was let in, and past
 * admission, rate limits and the log. A request is an inner one by its identity as an object, which nobody outside can
 * forge.
 */
export class InsideCalls {
  readonly #api: Api;
  readonly #inside = new WeakMap<Request, Inside>();

  constructor(api: Api) {
    this.#api = api;
  }

  /** Comes first: sets for inner requests what the layers that they pass by set for others. */
  get context(): MiddlewareHandler<ApiEnv> {
    return async (c, next) => {
      const inside = this.#inside.get(c.req.raw);
      if (inside !== undefined) {
        c.set("principal", inside.principal);
        c.set("login", inside.login);
        c.set("nowMs", inside.nowMs);
        c.set("requestId", inside.requestId);
        c.set("execCaller", null);
        c.set("ticket", null);
        c.set("bearer", null);
        c.set("bodyText", "");
      }
      await next();
    };
  }

  /** The layer, for requests from outside only. */
  outside(layer: MiddlewareHandler<ApiEnv>): MiddlewareHandler<ApiEnv> {
    return (c, next) => (this.#inside.has(c.req.raw) ? next() : layer(c, next));
  }

  /** What GET answers to the sender of this request; null for a refusal. */
  async get(c: Context<ApiEnv>, principal: Principal, path: string): Promise<Json> {
    const request = new Request(new URL(path, "http://inside.invalid"));
    const { login, nowMs, requestId } = c.var;
    this.#inside.set(request, { principal, login, nowMs, requestId });
    const response = await this.#api.fetch(request, c.env);
    // A handler of this API made the JSON.
    return response.ok ? response.json() : null;
  }
}
