import { once } from "node:events";
import { type ClientOptions, WebSocket } from "ws";
import { within } from "./eventually.ts";
import type { HostClient } from "./host-client.ts";

const DEADLINE_MS = 20_000;

/** How a host answered that did not open a socket. */
export interface RefusedUpgrade {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into answers of every shape.
  readonly json: any;
}

/** A WebSocket to a host, and everything that came on it. */
export class LiveSocketClient {
  readonly ws: WebSocket;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly messages: any[] = [];
  readonly closed: Promise<number>;
  /** Sees each message before anybody who waits. */
  // oxlint-disable-next-line typescript/no-explicit-any
  observer: (message: any) => void = () => {};
  #onMessage: () => void = () => {};

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("message", (data: Buffer) => {
      const text = data.toString("utf8");
      const message = text === "pong" ? text : JSON.parse(text);
      this.messages.push(message);
      this.observer(message);
      this.#onMessage();
    });
    ws.on("error", () => {});
    this.closed = once(ws, "close").then(([code]) => Number(code));
  }

  say(message: unknown): void {
    this.ws.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The messages, as soon as there are that many. */
  async received(count: number): Promise<readonly unknown[]> {
    return this.until(`${count} messages`, () =>
      this.messages.length >= count ? this.messages : undefined,
    );
  }

  /** What `look` finds, as soon as a message makes it find something. */
  until<T>(what: string, look: () => T | undefined): Promise<T> {
    const found = new Promise<T>((resolve) => {
      this.#onMessage = () => {
        const now = look();
        if (now !== undefined) resolve(now);
      };
      this.#onMessage();
    });
    return within(`${what} on the socket`, found, DEADLINE_MS);
  }

  /** Breaks the connection as a lost network does. */
  cut(): Promise<number> {
    this.ws.terminate();
    return this.closed;
  }
}

/** Opens a socket at a path below the API's base. */
export async function openLive(
  client: HostClient,
  path: string,
  options: ClientOptions = {},
): Promise<LiveSocketClient> {
  const ws = new WebSocket(addressOf(client, path), options);
  const socket = new LiveSocketClient(ws);
  await within("the opening of a socket", once(ws, "open"), DEADLINE_MS);
  return socket;
}

/** A socket with a new ticket. */
export async function openWithTicket(client: HostClient, path: string): Promise<LiveSocketClient> {
  return openLive(client, withTicket(path, await ticketOf(client)));
}

export async function ticketOf(client: HostClient): Promise<string> {
  const { ticket } = await client.get("POST", "/live/tickets", 201);
  return ticket;
}

export function withTicket(path: string, ticket: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(ticket)}`;
}

/** How the host answers a request for a socket that it refuses. */
export function refusedLive(
  client: HostClient,
  path: string,
  options: ClientOptions = {},
): Promise<RefusedUpgrade> {
  const ws = new WebSocket(addressOf(client, path), options);
  const refused = new Promise<RefusedUpgrade>((resolve, reject) => {
    ws.on("open", () => reject(new Error("the socket was opened")));
    ws.on("error", reject);
    ws.on("unexpected-response", (_, response) => {
      let text = "";
      response.on("data", (part) => (text += String(part)));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) }),
      );
    });
  });
  return within("the refusal of a socket", refused, DEADLINE_MS).finally(() => ws.terminate());
}

function addressOf({ url }: HostClient, path: string): string {
  return `${url.replace("http", "ws")}/api/v1${path}`;
}
