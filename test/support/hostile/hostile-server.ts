import { createServer, type Server } from "node:http";
import { listenOnLoopback } from "../listen.ts";
import { XSS_PAYLOADS } from "../xss-payloads.ts";
import type { PayloadDeck } from "./payload-deck.ts";

/** What webhooks reach: it answers every call badly, in ever another way. */
export class HostileServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async open(deck: PayloadDeck): Promise<HostileServer> {
    const server = createServer((request, response) => {
      const isJson = (request.url ?? "").includes("/json");
      response.statusCode = 500;
      response.setHeader("content-type", isJson ? "application/json" : "text/html");
      if (!isJson) return response.end(deck.text("answers", 200));
      const message = deck.text("error messages", 1_000);
      const code = deck.one("error codes", { charsMax: 64 });
      const result = Object.fromEntries(XSS_PAYLOADS.map((payload) => [payload, payload]));
      return response.end(JSON.stringify({ error: { message, code }, result }));
    });
    return new HostileServer(server, `http://127.0.0.1:${await listenOnLoopback(server)}`);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
