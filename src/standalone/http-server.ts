import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { SettingsError } from "./settings.ts";

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const SERVER_LIMITS = {
  /** A client that sends its headers more slowly than this is cut off. */
  headersTimeoutMs: 10_000,
  /** And for the whole request. */
  requestTimeoutMs: 30_000,
  socketsMax: 2_000,
} as const;

/** Takes what is no ordinary request any more. */
type OnUpgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Serves `fetch` over HTTP/1.1, and hands requests for a WebSocket to `onUpgrade`. Throws `SettingsError` when
 * the address cannot be had.
 */
export async function listen(
  fetch: (request: Request, env: unknown) => Response | Promise<Response>,
  onUpgrade: OnUpgrade,
  at: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const serverOptions = { shouldUpgradeCallback: isForWebSocket };
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false, serverOptions });
  server.on("upgrade", onUpgrade);
  if ("headersTimeout" in server) {
    server.headersTimeout = SERVER_LIMITS.headersTimeoutMs;
    server.requestTimeout = SERVER_LIMITS.requestTimeoutMs;
    server.maxConnections = SERVER_LIMITS.socketsMax;
  }
  const { port } = await bound(server, at);
  return { host: at.host, port, close: () => closed(server) };
}

/**
 * Some clients (Java's among them) offer HTTP/2 with their first request, whatever it is. That is declined by
 * answering the request as if they had not.
 */
function isForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

function bound(
  server: ServerType,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "is in use by another process" : error.message;
      const hint = "Name another one with --port, or 0 for any free one.";
      reject(new SettingsError(`Port ${port} on ${host} ${why}. ${hint}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("not on a port"));
      else resolve(address);
    });
  });
}

function closed(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
}
