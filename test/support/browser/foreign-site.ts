import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import { listenOnLoopback } from "../listen.ts";

/**
 * The address of somebody else's page, on another port of loopback, until the running test ends. Under the name
 * `localhost` it is another site than a host at 127.0.0.1; under that number it is of the same site, and gets its
 * cookies.
 */
export async function foreignSite(name: "localhost" | "127.0.0.1"): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><title>Win</title><link rel="icon" href="data:,"><h1>Win!</h1>`);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://${name}:${await listenOnLoopback(server)}/win`;
}
