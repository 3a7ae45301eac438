import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeHttpEgress } from "../../src/adapters/egress-node-http.ts";
import { createUndiciEgress } from "../../src/adapters/egress-undici.ts";
import { aRequest, plainOk, withSink } from "../contract/egress-case.ts";
import { EGRESS_CASES } from "../contract/egress.cases.ts";
import { openRawSink } from "../support/raw-sink.ts";

const SCRIPT = "test/contract/egress.main.ts";
const VARIANTS = [
  { name: "undici", create: createUndiciEgress },
  { name: "node:http", create: createNodeHttpEgress },
] as const;

for (const { name, create } of VARIANTS) {
  describe(`egress through ${name} on Node`, () => {
    it.each(EGRESS_CASES)("$name", async (claim) => {
      await expect(claim.run(create)).resolves.toBeUndefined();
    });

    it("what arrives is what was meant, whatever a user writes", async () => {
      const printable = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(toChar) });
      await withSink(create, plainOk, async ({ egress, sink, url }) => {
        const law = fc.asyncProperty(
          fc.array(fc.string(), { maxLength: 3 }),
          fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 3 }),
          printable,
          fc.string({ unit: "grapheme" }),
          async (segments, query, header, body) => {
            const address = new URL(url);
            address.pathname = segments.map(encodeURIComponent).join("/");
            address.search = new URLSearchParams(query).toString();

            const headers = { "x-value": header };
            const answer = await egress.send(aRequest(address.href, { headers, body }));

            expect(answer).toMatchObject({ ok: true });
            const arrived = sink.requests.at(-1);
            expect(arrived?.path).toBe(address.pathname + address.search);
            expect(arrived?.body).toBe(body);
            expect(arrived?.headers.filter(([each]) => each === "x-value")).toEqual([
              ["x-value", header],
            ]);
          },
        );
        await fc.assert(law, { numRuns: 100 });
      });
    });
  });
}

describe("egress through node:http elsewhere", () => {
  const runtimes = [
    { runtime: "bun", args: ["run"] },
    { runtime: "deno", args: ["run", "-A", "--node-modules-dir=manual", "--no-check"] },
  ];
  for (const { runtime, args } of runtimes) {
    it(`keeps the contract on ${runtime}, behind a proxy that the environment names`, async () => {
      // Where nobody calls by mistake: a single connection would be a fault.
      const proxy = await openRawSink(plainOk, "127.0.0.3");
      // Deno asks for a newer version of itself where it never did, through the very proxy.
      const quiet = { ...process.env, DENO_NO_UPDATE_CHECK: "1" };
      const env = { ...quiet, HTTP_PROXY: `http://127.0.0.3:${proxy.port}` };

      const { stdout } = await promisify(execFile)(
        `node_modules/.bin/${runtime}`,
        [...args, SCRIPT],
        { env, timeout: 25_000 },
      );

      expect(JSON.parse(stdout)).toEqual({ tried: EGRESS_CASES.length, faults: [] });
      expect(proxy.connections()).toBe(0);
      await proxy.close();
    });
  }
});

function toChar(code: number): string {
  return String.fromCharCode(code);
}
