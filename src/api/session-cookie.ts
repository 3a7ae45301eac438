import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { ApiEnv } from "./api-deps.ts";

type Ctx = Context<ApiEnv>;

/**
 * Cookies that only our pages send back, and that no script reads. Over https their names begin with `__Host-`: no
 * other host and no page without encryption can set them.
 */
export class OwnCookie {
  readonly #name: string;
  readonly #publicOrigin: () => string;

  /** `publicOrigin` is where the deployment is known to be. */
  constructor(name: string, publicOrigin: () => string) {
    this.#name = name;
    this.#publicOrigin = publicOrigin;
  }

  read(c: Ctx): string | null {
    const prefix = this.#isSecure(c) ? "host" : undefined;
    return (
      (prefix === undefined ? getCookie(c, this.#name) : getCookie(c, this.#name, prefix)) ?? null
    );
  }

  set(c: Ctx, value: string, lifeMs: number): void {
    const isSecure = this.#isSecure(c);
    setCookie(c, this.#name, value, {
      httpOnly: true,
      sameSite: "Lax",
      path: "/",
      maxAge: Math.floor(lifeMs / 1_000),
      ...(isSecure ? { secure: true, prefix: "host" as const } : {}),
    });
  }

  clear(c: Ctx): void {
    this.set(c, "", 0);
  }

  #isSecure(c: Ctx): boolean {
    return c.req.url.startsWith("https:") || this.#publicOrigin().startsWith("https:");
  }
}
