import assert from "node:assert/strict";
import type { Resolve } from "../../src/adapters/egress-options.ts";
import { openRawSink, rawAnswer } from "../support/raw-sink.ts";
import {
  aRequest,
  assertFailure,
  assertOk,
  openEgress,
  plainOk,
  withSink,
  type CreateEgress,
  type EgressCase,
} from "./egress-case.ts";

/** Hosts that are this machine, in the spellings that reach a socket. */
const OWN_HOSTS = [
  "127.0.0.1",
  "127.1",
  "0x7f000001",
  "2130706433",
  "0177.0.0.1",
  "0",
  "localhost",
  "localhost.",
  "a.localhost",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "[::]",
  "named.test",
] as const;

const toLoopback: Resolve = (_hostname, callback) =>
  callback(null, [{ address: "127.0.0.1", family: 4 }]);

const toBoth: Resolve = (_hostname, callback) =>
  callback(null, [
    { address: "127.0.0.2", family: 4 },
    { address: "127.0.0.1", family: 4 },
  ]);

/** What keeps users from reaching inside. */
export const EGRESS_GUARD_CASES: readonly EgressCase[] = [
  {
    name: "no spelling of this machine is connected to",
    async run(create) {
      await withSink(
        create,
        plainOk,
        async ({ egress, sink }) => {
          const urls = OWN_HOSTS.map((host) => `http://${host}:${sink.port}/`);
          const answers = await Promise.all(urls.map((url) => egress.send(aRequest(url))));
          for (const answer of answers)
            assertFailure(answer, { reason: "refused", delivered: false });
          assert.equal(sink.connections(), 0);
        },
        { allow: [], resolve: toLoopback },
      );
    },
  },
  {
    name: "a name that resolves to a public and to a forbidden address is refused as a whole",
    async run(create) {
      await withSink(
        create,
        plainOk,
        async ({ egress, sink }) => {
          const answer = await egress.send(aRequest(`http://both.test:${sink.port}/`));
          assertFailure(answer, { reason: "refused", delivered: false });
          assert.equal(sink.connections(), 0);
        },
        { allow: ["127.0.0.2"], resolve: toBoth },
      );
    },
  },
  { name: "a resolver that changes its answer never leads inside", run: rebind },
  {
    name: "redirects are handed back, not followed",
    async run(create) {
      const canary = await openRawSink(plainOk);
      const statuses = [301, 302, 303, 307, 308, 300];
      await withSink(
        create,
        (socket, { path }) => {
          const headers = [`Location: http://127.0.0.1:${canary.port}/inside`];
          socket.write(rawAnswer("", { status: Number(path.slice(1)), headers }));
        },
        async ({ egress, sink }) => {
          for (const status of statuses) {
            // oxlint-disable-next-line no-await-in-loop -- One after the other.
            const answer = await egress.send(aRequest(`http://127.0.0.1:${sink.port}/${status}`));
            assertOk(answer);
            assert.equal(answer.status, status);
            assert.equal(answer.headers["location"], `http://127.0.0.1:${canary.port}/inside`);
          }
          assert.equal(canary.connections(), 0);
        },
      );
      await canary.close();
    },
  },
  {
    name: "proxies in the environment are ignored",
    async run(create) {
      // Where nobody calls by mistake: a single connection would be a fault.
      const proxy = await openRawSink(plainOk, "127.0.0.3");
      const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"];
      for (const name of names) process.env[name] = `http://127.0.0.3:${proxy.port}`;
      process.env["NODE_USE_ENV_PROXY"] = "1";
      try {
        await withSink(create, plainOk, async ({ egress, sink, url }) => {
          assertOk(await egress.send(aRequest(url)));
          assert.equal(sink.requests.length, 1);
          assert.deepEqual(proxy.requests, []);
          assert.equal(proxy.connections(), 0);
        });
      } finally {
        for (const name of [...names, "NODE_USE_ENV_PROXY"]) delete process.env[name];
        await proxy.close();
      }
    },
  },
  {
    name: "a line break in a header sends nothing",
    async run(create) {
      await withSink(create, plainOk, async ({ egress, sink, url }) => {
        const values = ["a\r\nx-b: c", "a\nb", "a\rb", "a\u0000b", "caf\u{1F375}"];
        const answers = await Promise.all(
          values.map((value) => egress.send(aRequest(url, { headers: { "x-a": value } }))),
        );
        for (const answer of answers)
          assertFailure(answer, { reason: "refused", delivered: false });
        assert.equal(sink.requests.length, 0);
      });
    },
  },
  {
    name: "our own host is refused though its address is allowed",
    async run(create) {
      const egress = openEgress(create, { own: ["tickwheel.test", "127.0.0.1:8080"] });
      assert.match(egress.refuses("http://tickwheel.test:9/") ?? "", /port 9/);
      assert.match(egress.refuses("https://TICKWHEEL.test./x") ?? "", /own address/);
      assert.match(egress.refuses("http://127.0.0.1:8080/") ?? "", /own address/);
      assert.equal(egress.refuses("http://127.0.0.1:8081/"), null);
      await egress.close();
    },
  },
];

/** 127.0.0.2 stands for the public world here: tests must not reach out. */
async function rebind(create: CreateEgress): Promise<void> {
  const TRIES = 1_000;
  const canary = await openRawSink(plainOk);
  const world = await openRawSink(plainOk, "127.0.0.2", canary.port);
  let asked = 0;
  const resolve: Resolve = (_hostname, callback) => {
    asked++;
    callback(null, [{ address: asked % 2 === 0 ? "127.0.0.1" : "127.0.0.2", family: 4 }]);
  };
  const egress = openEgress(create, {
    allow: ["127.0.0.2"],
    resolve,
    limits: { originsMax: 64 },
  });
  try {
    const counts = { ok: 0, refused: 0 };
    const tryMany = async (first: number) => {
      for (let i = first; i < TRIES; i += 20) {
        const url = `http://r${i}.test:${canary.port}/`;
        // oxlint-disable-next-line no-await-in-loop -- Twenty lanes, each one after the other.
        const answer = await egress.send(aRequest(url));
        if (answer.ok) counts.ok++;
        else if (answer.reason === "refused") counts.refused++;
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, i) => tryMany(i)));
    assert.deepEqual(counts, { ok: TRIES / 2, refused: TRIES / 2 });
    assert.equal(canary.connections(), 0);
  } finally {
    await egress.close();
    await world.close();
    await canary.close();
  }
}
