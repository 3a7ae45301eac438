import { createServer, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createUndiciEgress } from "../../src/adapters/egress-undici.ts";
import type { Egress } from "../../src/ports/egress.ts";
import { aRequest, openEgress } from "../contract/egress-case.ts";

const BOUNDS = { soon: 2, max: 8 } as const;

let server: Server;
let url: string;
let egress: Egress;
const sockets = new Set<Socket>();
/** Most that were open at once. */
let peak = 0;
/** Requests that have no answer yet. */
const held: ServerResponse[] = [];
let isSlow = false;
let changed: () => void = () => {};

beforeEach(async () => {
  peak = 0;
  sockets.clear();
  server = createServer((_request, response) => {
    if (isSlow) held.push(response);
    else response.end();
    changed();
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    peak = Math.max(peak, sockets.size);
    socket.once("close", () => {
      sockets.delete(socket);
      changed();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook`;
  egress = openEgress(createUndiciEgress, {
    connections: BOUNDS,
    limits: { keepAliveMs: 60_000 },
  });
});
afterEach(async () => {
  await egress.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it("opens more connections while requests wait for long, and closes them when the rush is over", async () => {
  isSlow = true;
  const answers = Array.from({ length: 12 }, () => egress.send(aRequest(url)));
  await until(() => held.length === BOUNDS.max);
  expect(sockets.size).toBe(BOUNDS.max);

  isSlow = false;
  for (const response of held.splice(0)) response.end();
  expect(await Promise.all(answers)).toEqual(
    answers.map(() => expect.objectContaining({ ok: true, status: 200 })),
  );
  await until(() => sockets.size === BOUNDS.soon);
  expect(peak).toBe(BOUNDS.max);
  expect(await egress.send(aRequest(url))).toMatchObject({ ok: true });
});

it("keeps to few connections while the turn of each request comes soon", async () => {
  isSlow = false;
  for (let round = 0; round < 20; round++)
    await Promise.all(Array.from({ length: 100 }, () => egress.send(aRequest(url))));
  expect(peak).toBe(BOUNDS.soon);
});

it("opens no more to a target that cannot be reached", async () => {
  let asked = 0;
  const lost = openEgress(createUndiciEgress, { connections: BOUNDS, resolve: () => void asked++ });
  const answers = await Promise.all(
    Array.from({ length: 12 }, () =>
      lost.send(aRequest("http://nowhere.example/hook", { timeoutMs: 1_000 })),
    ),
  );
  expect(answers).toEqual(
    answers.map(() => expect.objectContaining({ ok: false, delivered: false })),
  );
  expect(asked).toBe(BOUNDS.soon);
  await lost.close();
});

/** Asks after each change. */
function until(isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    changed = (): void => {
      if (isSo()) resolve();
    };
    changed();
  });
}
