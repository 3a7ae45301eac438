import type { Ask, Got } from "./open-api.ts";

const DEADLINE_MS = 75_000;

/** A caller of a host's API, over the network only. */
export class HostClient {
  readonly url: string;
  readonly token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  /** Asks with the host's token unless another one, or null for none, is named. Throws when nothing answers. */
  async ask(method: string, path: string, ask: Ask = {}): Promise<Got> {
    const headers = new Headers(ask.headers);
    const token = ask.token === undefined ? this.token : ask.token;
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    const body = ask.text ?? (ask.body === undefined ? null : JSON.stringify(ask.body));
    if (body !== null && !headers.has("content-type"))
      headers.set("content-type", "application/json");
    const signal = AbortSignal.timeout(DEADLINE_MS);
    return gotOf(await fetch(this.url + path, { method, headers, body, signal }));
  }

  /** The same under the API's base path, for an answer that must be of one status; returns its body. */
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
  async get(method: string, path: string, status: number, ask: Ask = {}): Promise<any> {
    const got = await this.ask(method, `/api/v1${path}`, ask);
    if (got.status === status) return got.json;
    throw new Error(`${method} ${path}: ${got.status} instead of ${status}: ${got.text}`);
  }

  /** All items of a list, page by page. */
  // oxlint-disable-next-line typescript/no-explicit-any
  async all(path: string): Promise<any[]> {
    const items = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const mark = path.includes("?") ? "&" : "?";
      // Each page says where the next one begins.
      // oxlint-disable-next-line no-await-in-loop
      const page = await this.get("GET", `${path}${mark}limit=200${query}`, 200);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  }
}

async function gotOf(response: Response): Promise<Got> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const json: unknown = isJson && text !== "" ? JSON.parse(text) : null;
  return { status: response.status, headers: response.headers, text, json };
}
