import { assert } from "../../src/core/assert.ts";
import type { Ask, Got, OpenApi } from "./open-api.ts";

export const PASSWORD = "correct horse battery";

/** A browser on one of our own pages: it keeps cookies, and says with each request where it comes from. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #open: OpenApi;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(open: OpenApi, headers: Readonly<Record<string, string>> = {}) {
    this.#open = open;
    this.#headers = { "sec-fetch-site": "same-origin", ...headers };
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  async ask(method: string, path: string, ask: Ask = {}): Promise<Got> {
    const isChange = ["POST", "PUT", "PATCH"].includes(method);
    const got = await this.#open.ask(method, path, {
      token: null,
      ...ask,
      headers: {
        ...this.#headers,
        ...(this.cookies.size > 0 ? { cookie: this.cookie } : {}),
        ...(isChange ? { "content-type": "application/json" } : {}),
        ...ask.headers,
      },
    });
    for (const set of got.headers.getSetCookie()) this.#take(set);
    return got;
  }

  login(username: string, password = PASSWORD): Promise<Got> {
    return this.ask("POST", "/api/v1/login", { body: { username, password } });
  }

  #take(set: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
    if (value === "") this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** A user of a namespace, made by whoever administers the instance; returns its JSON. */
export async function newUser(
  open: OpenApi,
  username: string,
  more: Readonly<Record<string, unknown>> = {},
  namespace = "default",
): Promise<Got["json"]> {
  const given = { username, password: PASSWORD, role: "viewer", mustChangePassword: false };
  const got = await open.ask("POST", "/api/v1/users", {
    body: { ...given, ...more },
    headers: { "x-namespace": namespace },
  });
  assert(got.status === 201, `a user is made: ${got.text}`);
  return got.json;
}

/** A browser of a new user who has logged in. */
export async function loggedIn(
  open: OpenApi,
  username: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Browser> {
  await newUser(open, username, more);
  const browser = new Browser(open);
  const got = await browser.login(username);
  assert(got.status === 200, `the user logs in: ${got.text}`);
  return browser;
}
