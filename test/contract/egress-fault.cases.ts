import assert from "node:assert/strict";
import { rawAnswer } from "../support/raw-sink.ts";
import {
  aRequest,
  assertFailure,
  assertOk,
  openEgress,
  plainOk,
  withSink,
  type EgressCase,
} from "./egress-case.ts";

/** What is said when the world fails: above all, whether the target may have been reached. */
export const EGRESS_FAULT_CASES: readonly EgressCase[] = [
  {
    name: "a port where nobody listens is unreachable",
    async run(create) {
      await withSink(create, plainOk, async ({ egress, sink, url }) => {
        await sink.close();
        const answer = await egress.send(aRequest(url));
        assertFailure(answer, { reason: "unreachable", delivered: false });
      }).catch((error: unknown) => {
        // The sink is closed twice: by this case and at its end.
        if (!String(error).includes("ERR_SERVER_NOT_RUNNING")) throw error;
      });
    },
  },
  {
    name: "a name that does not exist is unreachable",
    async run(create) {
      const egress = openEgress(create, {
        resolve: (hostname, callback) => callback(new Error(`no such name: ${hostname}`), []),
      });
      const answer = await egress.send(aRequest("http://nowhere.test/"));
      assertFailure(answer, { reason: "unreachable", delivered: false });
      await egress.close();
    },
  },
  {
    name: "a name that takes too long to resolve is unreachable",
    async run(create) {
      const egress = openEgress(create, { resolve: () => undefined });
      const answer = await egress.send(aRequest("http://slow.test/", { timeoutMs: 100 }));
      assertFailure(answer, { reason: "unreachable", delivered: false });
      await egress.close();
    },
  },
  {
    name: "a connection that takes too long is given up before the whole time is over",
    async run(create) {
      const egress = openEgress(create, {
        resolve: () => undefined,
        limits: { connectTimeoutMs: 200 },
      });
      const startMs = performance.now();
      const answer = await egress.send(aRequest("http://slow.test/", { timeoutMs: 20_000 }));
      assertFailure(answer, { reason: "unreachable", delivered: false });
      assert.ok(performance.now() - startMs < 3_000);
      await egress.close();
    },
  },
  {
    name: "a request may want its connection sooner than the client's limit",
    async run(create) {
      const egress = openEgress(create, { resolve: () => undefined });
      const startMs = performance.now();
      const request = aRequest("http://slow.test/", { timeoutMs: 20_000, connectTimeoutMs: 200 });
      assertFailure(await egress.send(request), { reason: "unreachable", delivered: false });
      assert.ok(performance.now() - startMs < 3_000);
      await egress.close();
    },
  },
  {
    name: "the time to connect is not the time to answer",
    async run(create) {
      await withSink(
        create,
        (socket) => void setTimeout(() => socket.write(rawAnswer("ok")), 300),
        async ({ egress, url }) => {
          assertOk(await egress.send(aRequest(url, { connectTimeoutMs: 100 })));
          assertOk(await egress.send(aRequest(url, { connectTimeoutMs: 100 })));
        },
      );
    },
  },
  {
    name: "a request that waits for a connection of a busy target is not unreachable",
    async run(create) {
      await withSink(
        create,
        (socket) => void setTimeout(() => socket.write(rawAnswer("ok")), 300),
        async ({ egress, url }) => {
          const request = aRequest(url, { connectTimeoutMs: 100 });
          const answers = await Promise.all([egress.send(request), egress.send(request)]);
          for (const answer of answers) assertOk(answer);
        },
        { connections: { soon: 1, max: 1 } },
      );
    },
  },
  {
    name: "nothing of a request is sent where TLS is not spoken",
    async run(create) {
      await withSink(create, plainOk, async ({ egress, sink }) => {
        // The client hello is no HTTP request, and the answer to it no server hello.
        const url = `https://127.0.0.1:${sink.port}/`;
        const answer = await egress.send(aRequest(url, { timeoutMs: 300 }));
        assertFailure(answer, { reason: "unreachable", delivered: false });
        assert.equal(sink.requests.length, 0);
      });
    },
  },
  {
    name: "a target that stays silent times out",
    async run(create) {
      await withSink(
        create,
        () => undefined,
        async ({ egress, url }) => {
          const answer = await egress.send(aRequest(url, { timeoutMs: 100 }));
          assertFailure(answer, { reason: "timed_out", delivered: true });
        },
      );
    },
  },
  {
    name: "a body that drips byte by byte ends with the time of the whole exchange",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
          const drip = setInterval(() => socket.write("x"), 20);
          socket.on("close", () => clearInterval(drip));
        },
        async ({ egress, url }) => {
          const startMs = performance.now();
          const answer = await egress.send(aRequest(url, { timeoutMs: 200 }));
          assertFailure(answer, { reason: "timed_out", delivered: true });
          assert.ok(performance.now() - startMs < 2_000);
        },
      );
    },
  },
  {
    name: "a body that pauses for too long times out before the whole time is over",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx");
        },
        async ({ egress, url }) => {
          const startMs = performance.now();
          const answer = await egress.send(aRequest(url, { timeoutMs: 20_000 }));
          assertFailure(answer, { reason: "timed_out", delivered: true });
          assert.ok(performance.now() - startMs < 2_000);
        },
        { limits: { idleTimeoutMs: 100 } },
      );
    },
  },
  {
    name: "a slow answer is not cut when it takes longer than unused connections are kept",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          setTimeout(() => socket.write(rawAnswer("late")), 250);
        },
        async ({ egress, url }) => {
          const answer = await egress.send(aRequest(url));
          assertOk(answer);
          assert.equal(answer.body, "late");
        },
        { limits: { keepAliveMs: 50 } },
      );
    },
  },
  {
    name: "a connection that is reset after the request is cut, and the request may have arrived",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.resetAndDestroy();
        },
        async ({ egress, sink, url }) => {
          const answer = await egress.send(aRequest(url));
          assertFailure(answer, { reason: "cut", delivered: true });
          assert.equal(sink.requests.length, 1);
        },
      );
    },
  },
  {
    name: "an answer that stops before its announced end is cut",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        },
        async ({ egress, url }) => {
          const answer = await egress.send(aRequest(url));
          assertFailure(answer, { reason: "cut", delivered: true });
        },
      );
    },
  },
  {
    name: "a kept connection that dies under a request does not send it twice",
    async run(create) {
      await withSink(
        create,
        (socket, _request, nth) => {
          if (nth === 1) socket.write(rawAnswer("ok"));
          else socket.destroy();
        },
        async ({ egress, sink, url }) => {
          assertOk(await egress.send(aRequest(url)));
          const answer = await egress.send(aRequest(url));
          assertFailure(answer, { reason: "cut", delivered: true });
          assert.equal(sink.requests.length, 2);
        },
        { connections: { soon: 1, max: 1 } },
      );
    },
  },
  {
    name: "an answer that is not HTTP is invalid",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.end("220 mail.example.test ESMTP\r\n\r\n");
        },
        async ({ egress, url }) => {
          const answer = await egress.send(aRequest(url));
          assertFailure(answer, { reason: "invalid", delivered: true });
        },
      );
    },
  },
  {
    name: "closing ends what is under way, and nothing is sent afterwards",
    async run(create) {
      await withSink(
        create,
        () => undefined,
        async ({ egress, sink, url }) => {
          const underWay = egress.send(aRequest(url));
          while (sink.requests.length === 0) {
            // oxlint-disable-next-line no-await-in-loop -- Waits for the request to arrive.
            await new Promise((resolve) => {
              setImmediate(resolve);
            });
          }
          await egress.close();
          assertFailure(await underWay, { reason: "cut", delivered: true });
          assertFailure(await egress.send(aRequest(url)), {
            reason: "unreachable",
            delivered: false,
          });
        },
      );
    },
  },
];
