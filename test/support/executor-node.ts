import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createExecutor, type Handlers } from "../../src/sdk/executor.ts";
import type { HostClient } from "./host-client.ts";
import { listenOnLoopback, MORTAL_HOST } from "./listen.ts";

/** An executor as POST /executors answers it. */
export interface NewExecutor {
  readonly appKey: string;
  readonly appSecret: string;
  readonly deployment: string;
}

/** A node in this process: the SDK behind a real server. */
export interface ExecutorNode {
  readonly address: string;
  /** Leaves in good order. */
  stop(): Promise<void>;
  /** Nobody listens any more, and nobody was told. */
  die(): Promise<void>;
}

/** Creates an executor whose nodes register themselves. */
export function createAutoExecutor(client: HostClient, appKey: string): Promise<NewExecutor> {
  const body = { appKey, name: appKey, registration: "auto" };
  return client.get("POST", "/executors", 201, { body });
}

/** Starts a node; it has registered when this resolves. */
export async function startNode(
  client: HostClient,
  executor: NewExecutor,
  more: {
    readonly handlers: Handlers;
    readonly weight?: number;
    readonly acceptAfterMs?: number;
    readonly tags?: readonly string[];
    readonly version?: string;
  },
): Promise<ExecutorNode> {
  const server = createServer();
  const address = `http://${MORTAL_HOST}:${await listenOnLoopback(server, MORTAL_HOST)}`;
  const { appKey, appSecret, deployment } = executor;
  let isDead = false;
  const sdk = createExecutor({
    fetch: (...args: Parameters<typeof fetch>) =>
      isDead ? Promise.reject(new Error("the network is gone")) : fetch(...args),
    appKey,
    appSecret,
    deployment,
    server: client.url,
    address,
    ...more,
  });
  server.on(
    "request",
    getRequestListener((request) => sdk.fetch(request)),
  );
  await sdk.start();
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return {
    address,
    async stop() {
      await sdk.stop({ waitMs: 1_000 });
      close();
    },
    async die() {
      close();
      isDead = true;
      await sdk.stop({ waitMs: 0 });
    },
  };
}
