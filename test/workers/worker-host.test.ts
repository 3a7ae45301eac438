import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Env } from "../../workers/env.ts";
import { WorkerHost } from "../../workers/worker-host.ts";
import { OTHER_MASTER_KEY } from "../support/master-keys.ts";

/** Settings that are complete, with records that nobody serves. */
const COMPLETE: Env = {
  SHARD: env.SHARD,
  COURIER: env.COURIER,
  EXECUTOR: env.EXECUTOR,
  LIVE: env.LIVE,
  AUDIT: env.AUDIT,
  LOGIN: env.LOGIN,
  QUOTA: env.QUOTA,
  ASSETS: { fetch: () => Promise.resolve(new Response()), connect: () => unused() },
  LIBSQL_URL: "http://127.0.0.1:1",
  LIBSQL_TOKEN: "token",
  MASTER_KEY: OTHER_MASTER_KEY,
  BOOTSTRAP_TOKEN: "0123456789abcdef0123456789abcdef",
  PUBLIC_URL: "https://tickwheel.example",
  SHARDS: "8",
};

async function problemOf(change: Partial<Env>): Promise<{ status: number; detail: string }> {
  const request = new Request("https://tickwheel.example/healthz");
  const answer = await new WorkerHost().fetch(request, { ...COMPLETE, ...change });
  const problem: { readonly detail: string } = await answer.json();
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  return { status: answer.status, detail: problem.detail };
}

test.each([
  [{ MASTER_KEY: "" }, "MASTER_KEY is not set."],
  [{ MASTER_KEY: "c2hvcnQ=" }, "MASTER_KEY must be 32 random bytes"],
  [{ BOOTSTRAP_TOKEN: "short" }, "BOOTSTRAP_TOKEN must have at least 32"],
  [{ SHARDS: "0" }, 'SHARDS is "0"'],
  [{ SHARDS: "many" }, 'SHARDS is "many"'],
  [{ COURIERS: "1000" }, 'COURIERS is "1000"'],
  [{ HOST_CONCURRENCY: "0" }, 'HOST_CONCURRENCY is "0"'],
  [{ LIBSQL_URL: "" }, "LIBSQL_URL is not set."],
  [{ LIBSQL_URL: "file:records.db" }, "LIBSQL_URL is not a libsql"],
  [{ PUBLIC_URL: "" }, "PUBLIC_URL is not set."],
  [{ PUBLIC_URL: "https://tickwheel.example/path" }, "PUBLIC_URL is"],
  [{ EGRESS_ALLOW: "everything" }, 'EGRESS_ALLOW: "everything" is not a network'],
] satisfies readonly (readonly [Partial<Env>, string])[])(
  "every request is answered 503 with the way out: %j",
  async (change, expected) => {
    const { status, detail } = await problemOf(change);

    expect(status).toBe(503);
    expect(detail).toContain(expected);
    expect(detail).not.toContain("\n");
  },
);

test("a first start without its records says so", async () => {
  const { status, detail } = await problemOf({});

  expect(status).toBe(503);
  expect(detail).toContain("The records cannot be reached");
});

function unused(): never {
  throw new Error("nothing connects here");
}
