import { connect } from "node:net";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { serve } from "../../src/sdk/node.ts";
import { FakeScheduler } from "../support/fake-scheduler.ts";

async function aServer(handler: (customer: unknown) => unknown) {
  const scheduler = new FakeScheduler();
  const executor = scheduler.executor({
    handlers: { report: ({ params }) => handler(params["customer"]) },
  });
  const server = await serve(executor, { port: 0, host: "127.0.0.1" });
  onTestFinished(() => server.close());
  return { scheduler, server, origin: `http://127.0.0.1:${server.port}` };
}

it("a delivery comes through node:http as it was sent", async () => {
  const { scheduler, origin } = await aServer((customer) => ({ customer }));
  const { url, method, headers, body } = scheduler.delivery({
    params: { customer: "Zoë ✓".repeat(10_000) },
  });

  const path = new URL(url).pathname;
  const response = await fetch(origin + path, { method, headers: { ...headers }, body });

  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(await response.json()).toEqual({ result: { customer: "Zoë ✓".repeat(10_000) } });
});

it("two Authorization headers are none", async () => {
  const { scheduler, server } = await aServer(() => 1);
  const { headers, body } = scheduler.delivery();
  const bearer = headers["authorization"];
  const socket = connect(server.port, "127.0.0.1");
  socket.write(
    [
      "POST /base/tickwheel/run HTTP/1.1",
      "host: x",
      `authorization: ${bearer}, ${bearer}`,
      `content-length: ${Buffer.byteLength(body ?? "")}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  );
  const [answer] = await once(socket, "data");

  expect(String(answer)).toMatch(/^HTTP\/1.1 401 /);
  socket.destroy();
});

it("a caller that goes away in the middle of its request does no harm", async () => {
  const { server, origin } = await aServer(() => 1);
  const socket = connect(server.port, "127.0.0.1");
  socket.write("POST /tickwheel/run HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc", () =>
    socket.destroy(),
  );
  await once(socket, "close");

  expect((await fetch(`${origin}/tickwheel/health`)).status).toBe(200);
});

it("a port that is taken is an error", async () => {
  const { server } = await aServer(() => 1);
  const other = new FakeScheduler().executor();

  await expect(serve(other, { port: server.port, host: "127.0.0.1" })).rejects.toThrow(
    /EADDRINUSE/,
  );
});
