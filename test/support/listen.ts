import { once } from "node:events";
import { createServer, type Server } from "node:net";

/**
 * An address of loopback for what is to die while others still call it: there nothing else of the tests
 * listens, so that a late call to a port that was given away again reaches nobody.
 */
export const MORTAL_HOST = "127.0.0.2";

/** A port of loopback that nobody listens on just now. */
export async function freePort(host?: string): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server, host);
  server.close();
  await once(server, "close");
  return port;
}

/** Starts to listen on a free port of loopback, and returns that port. */
export async function listenOnLoopback(server: Server, host = "127.0.0.1"): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was bound");
  return address.port;
}
