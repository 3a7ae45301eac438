import assert from "node:assert/strict";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { rawAnswer } from "../support/raw-sink.ts";
import {
  aRequest,
  assertFailure,
  assertOk,
  plainOk,
  withSink,
  type EgressCase,
} from "./egress-case.ts";

const PACKERS = [
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
] as const;

/** What goes over the wire, and what is read back. */
export const EGRESS_WIRE_CASES: readonly EgressCase[] = [
  {
    name: "a request arrives exactly as it was meant, with nothing added but what HTTP demands",
    async run(create) {
      await withSink(create, plainOk, async ({ egress, sink }) => {
        const headers = { "content-type": "application/json", "x-a": "1; 2" };
        const url = `http://127.0.0.1:${sink.port}/a%20b/c?d=%2F&e=f#not-sent`;
        assertOk(await egress.send(aRequest(url, { method: "PUT", headers, body: '{"a":"ä🍵"}' })));
        const [request] = sink.requests;
        assert.deepEqual(
          { ...request, headers: namesOf(request?.headers ?? []) },
          {
            method: "PUT",
            path: "/a%20b/c?d=%2F&e=f",
            body: '{"a":"ä🍵"}',
            headers: {
              "content-type": "application/json",
              "x-a": "1; 2",
              "accept-encoding": "gzip, br, deflate",
              host: `127.0.0.1:${sink.port}`,
              connection: "keep-alive",
              "content-length": "14",
            },
          },
        );
      });
    },
  },
  {
    name: "a request without a body sends none",
    async run(create) {
      await withSink(create, plainOk, async ({ egress, sink, url }) => {
        assertOk(await egress.send(aRequest(url, { method: "GET", body: null })));
        assertOk(await egress.send(aRequest(url, { method: "DELETE", body: null })));
        assertOk(await egress.send(aRequest(url, { method: "POST", body: null })));
        assert.deepEqual(
          sink.requests.map(({ method, body }) => [method, body]),
          [
            ["GET", ""],
            ["DELETE", ""],
            ["POST", ""],
          ],
        );
      });
    },
  },
  {
    name: "an answer has its status, the last of doubled headers, its text and its phases",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.write(rawAnswer("grüße", { status: 418, headers: ["X-A: 1", "x-a: 2"] }));
        },
        async ({ egress, url }) => {
          const answer = await egress.send(aRequest(url));
          assertOk(answer);
          assert.equal(answer.status, 418);
          assert.equal(answer.headers["x-a"], "2");
          assert.equal(answer.body, "grüße");
          assert.equal(answer.truncated, false);
          const { connect = -1, ttfb = -1, total = -1 } = answer.phases;
          assert.ok(connect >= 0 && connect <= ttfb && ttfb <= total);
        },
      );
    },
  },
  {
    name: "what comes before the final answer is passed over",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
          socket.write(rawAnswer("done"));
        },
        async ({ egress, url }) => {
          const answer = await egress.send(aRequest(url));
          assertOk(answer);
          assert.equal(answer.status, 200);
          assert.equal(answer.body, "done");
        },
      );
    },
  },
  {
    name: "compressed answers are read",
    async run(create) {
      for (const [encoding, pack] of PACKERS) {
        const bytes = pack(Buffer.from('{"result":"ä"}'));
        // oxlint-disable-next-line no-await-in-loop -- One sink for each form.
        await withSink(
          create,
          (socket) => {
            socket.write(rawAnswer(bytes, { headers: [`Content-Encoding: ${encoding}`] }));
          },
          async ({ egress, url }) => {
            const answer = await egress.send(aRequest(url));
            assertOk(answer);
            assert.equal(answer.body, '{"result":"ä"}');
          },
        );
      }
    },
  },
  {
    name: "a decompression bomb is cut at the limit",
    async run(create) {
      const zeros = Buffer.alloc(16 * 1_048_576);
      for (const [encoding, pack] of [PACKERS[0], PACKERS[2]]) {
        const bytes = pack(zeros);
        // oxlint-disable-next-line no-await-in-loop -- One sink for each form.
        await withSink(
          create,
          (socket) => {
            socket.write(rawAnswer(bytes, { headers: [`Content-Encoding: ${encoding}`] }));
          },
          async ({ egress, url }) => {
            const answer = await egress.send(aRequest(url));
            assertOk(answer);
            assert.equal(answer.truncated, true);
            assert.equal(answer.body.length, 65_536);
          },
        );
      }
    },
  },
  {
    name: "an answer that is broken or encoded in ways we do not know is invalid",
    async run(create) {
      const packed = gzipSync("x".repeat(1_000));
      const answers = [
        rawAnswer("not gzip at all", { headers: ["Content-Encoding: gzip"] }),
        rawAnswer(packed.subarray(0, 20), { headers: ["Content-Encoding: gzip"] }),
        rawAnswer(gzipSync(packed), { headers: ["Content-Encoding: gzip, gzip"] }),
        rawAnswer("zstd", { headers: ["Content-Encoding: zstd"] }),
      ];
      for (const bytes of answers) {
        // oxlint-disable-next-line no-await-in-loop -- One sink for each form.
        await withSink(
          create,
          (socket) => {
            socket.write(bytes);
          },
          async ({ egress, url }) => {
            const answer = await egress.send(aRequest(url));
            assertFailure(answer, { reason: "invalid", delivered: true });
          },
        );
      }
    },
  },
  {
    name: "a long answer is kept up to the limit, and no character is cut in two",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.write(rawAnswer(`x${"ä".repeat(100_000)}`));
        },
        async ({ egress, url }) => {
          const answer = await egress.send(aRequest(url));
          assertOk(answer);
          assert.equal(answer.truncated, true);
          assert.equal(answer.body, `x${"ä".repeat(32_767)}`);
        },
      );
    },
  },
  {
    name: "an endless answer is left at the limit",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
          const pump = () => {
            if (!socket.destroyed) socket.write(Buffer.alloc(65_536, "x"), pump);
          };
          pump();
        },
        async ({ egress, url }) => {
          const answer = await egress.send(aRequest(url));
          assertOk(answer);
          assert.equal(answer.truncated, true);
          assert.equal(answer.body.length, 65_536);
        },
      );
    },
  },
  {
    name: "an answer with too many headers, or too long ones, is no answer",
    async run(create) {
      const many = Array.from({ length: 200 }, (_, i) => `X-${i}: a`);
      for (const headers of [many, [`X-Long: ${"a".repeat(300_000)}`]]) {
        // oxlint-disable-next-line no-await-in-loop -- One sink for each form.
        await withSink(
          create,
          (socket) => {
            socket.write(rawAnswer("ok", { headers }));
          },
          async ({ egress, url }) => {
            const answer = await egress.send(aRequest(url));
            assertFailure(answer, { reason: "invalid", delivered: true });
          },
        );
      }
    },
  },
  {
    name: "no more connections than allowed are opened to one origin, and they are used again",
    async run(create) {
      await withSink(
        create,
        (socket) => {
          setTimeout(() => socket.write(rawAnswer("ok")), 5);
        },
        async ({ egress, sink, url }) => {
          const answers = await Promise.all(
            Array.from({ length: 30 }, () => egress.send(aRequest(url))),
          );
          for (const answer of answers) assertOk(answer);
          assert.equal(sink.requests.length, 30);
          assert.ok(sink.connectionsPeak() <= 3);
          assert.ok(sink.connections() <= 3);
        },
        { connections: { soon: 3, max: 3 } },
      );
    },
  },
];

function namesOf(headers: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
}
