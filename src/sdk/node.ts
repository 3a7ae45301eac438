import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Executor } from "./executor.ts";

export interface Served {
  readonly port: number;
  /** Ends when every request is answered. */
  close(): Promise<void>;
}

/**
 * Listens for the scheduler with `node:http`, on Node, Bun and Deno. Port 0 takes a free one. Rejects when
 * the port is taken.
 */
export async function serve(
  executor: Pick<Executor, "fetch">,
  { port, host = "0.0.0.0" }: { readonly port: number; readonly host?: string },
): Promise<Served> {
  const server = createServer((incoming, outgoing) => void answer(executor, incoming, outgoing));
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("bug: no port was bound");
  return {
    port: address.port,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function answer(
  executor: Pick<Executor, "fetch">,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const response = await executor.fetch(requestOf(incoming));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  } catch {
    // Such as a caller that went away in the middle of its request.
    outgoing.destroy();
  }
}

function requestOf(incoming: IncomingMessage): Request {
  const { method = "GET", url = "/" } = incoming;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  const hasBody = method !== "GET" && method !== "HEAD";
  // What host it was sent to does not matter: the token is bound to the address that we know.
  const init: RequestInit & { readonly duplex: "half" } = {
    method,
    headers,
    duplex: "half",
    body: hasBody ? bodyOf(incoming) : null,
  };
  return new Request(new URL(url, "http://executor.invalid"), init);
}

function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async start(controller) {
      try {
        for await (const piece of incoming) controller.enqueue(new Uint8Array(piece));
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
  });
}
