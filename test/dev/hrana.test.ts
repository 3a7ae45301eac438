import { join } from "node:path";
import { createClient } from "@libsql/client/web";
import type { Client } from "@libsql/client/web";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startHrana } from "../../workers/dev/hrana.ts";
import type { HranaFront } from "../../workers/dev/hrana.ts";
import { HranaStreams } from "../../workers/dev/hrana-streams.ts";
import { openFolder } from "../support/open-records.ts";

const TOKEN = "a token of the tests";

let folder: Awaited<ReturnType<typeof openFolder>>;
let file: string;
let front: HranaFront;
let client: Client;
beforeEach(async () => {
  folder = await openFolder();
  file = join(folder.path, "dev.db");
  front = await startHrana({ file, token: TOKEN, port: 0, host: "127.0.0.1" });
  client = createClient({ url: front.url, authToken: TOKEN });
  await client.execute("create table t (x integer primary key, y)");
});
afterEach(async () => {
  client.close();
  await front.close();
  await folder.remove();
});

interface PipelineReply {
  readonly baton: string | null;
  readonly results: readonly {
    readonly type: "ok" | "error";
    readonly response?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly code: string };
  }[];
}

async function pipeline(
  requests: readonly object[],
  baton: string | null = null,
): Promise<PipelineReply> {
  const response = await post("/v3/pipeline", JSON.stringify({ baton, requests }));
  expect(response.status).toBe(200);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The tests look at its shape.
  return (await response.json()) as PipelineReply;
}

function post(path: string, body: string, token = TOKEN): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return fetch(front.url + path, { method: "POST", body, headers });
}

const close = { type: "close" };
const execute = (sql: string) => ({ type: "execute", stmt: { sql } });

describe("what libSQL's client does", () => {
  test("values of every kind go in and come out", async () => {
    const bytes = new Uint8Array([0, 1, 254, 255]);
    const args = [null, 7, 1.5, "漢字 '", bytes, 9_007_199_254_740_991n];

    const { rows, columns } = await client.execute({
      sql: "select ? as a, ? as b, ? as c, ? as d, ? as e, ? as f",
      args,
    });

    expect(columns).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect([rows[0]?.["a"], rows[0]?.["b"], rows[0]?.["c"]]).toEqual([null, 7, 1.5]);
    expect([rows[0]?.["d"], rows[0]?.["f"]]).toEqual(["漢字 '", 9_007_199_254_740_991]);
    expect(rows[0]?.["e"]).toEqual(bytes.buffer);
  });

  test("named arguments and counts of rows are right, also with returning", async () => {
    const insert = "insert into t (x, y) values (:x, :y)";
    const named = await client.execute({ sql: insert, args: { x: 1, y: "one" } });
    const returned = await client.execute("update t set y = 'two' returning x");

    expect([named.rowsAffected, named.lastInsertRowid]).toEqual([1, 1n]);
    expect([returned.rowsAffected, returned.rows[0]?.["x"]]).toEqual([1, 1]);
  });

  test("a batch is kept whole or not at all", async () => {
    const batch = client.batch(["insert into t values (1, 1)", "insert into t values (1, 2)"]);

    await expect(batch).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT_PRIMARYKEY" });
    expect((await client.execute("select * from t")).rows).toHaveLength(0);
  });

  test("an interactive transaction sees itself; another writer waits for its end", async () => {
    const transaction = await client.transaction("write");
    await transaction.execute("insert into t values (1, 'mine')");
    const other = client.execute("insert into t values (2, 'other')");
    expect((await transaction.execute("select * from t")).rows).toHaveLength(1);
    expect((await client.execute("select * from t")).rows).toHaveLength(0);
    await transaction.commit();

    expect((await other).rowsAffected).toBe(1);
    expect((await client.execute("select * from t")).rows).toHaveLength(2);
  });

  test("several statements in one text, and a migration", async () => {
    await client.executeMultiple(
      "create table a (x); create table b (x); insert into b values (1)",
    );
    await client.migrate(["create table c (x)", "insert into c values (1)"]);

    expect((await client.execute("select count(*) as n from b, c")).rows[0]?.["n"]).toBe(1);
  });
});

describe("the protocol itself", () => {
  test("a request without the token, or with another one, is refused", async () => {
    const answers = await Promise.all([
      fetch(`${front.url}/v2`),
      fetch(`${front.url}/v2/pipeline`, { method: "POST", body: "{}" }),
      post("/v2/pipeline", "{}", "another token"),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  test("unknown routes, bodies that are no pipeline and too long bodies are refused", async () => {
    const statuses = await Promise.all(
      [
        post("/v3/cursor", "{}"),
        post("/v3/pipeline", "{"),
        post("/v3/pipeline", '{"requests":[{"type":"drop"}]}'),
        post("/v2/pipeline", `"${"x".repeat(33 * 1024 * 1024)}"`),
      ].map((answer) => answer.then(({ status }) => status)),
    );

    expect(statuses).toEqual([404, 400, 400, 413]);
  });

  test("hosts that others can reach are refused", async () => {
    await expect(startHrana({ file, token: TOKEN, port: 0, host: "0.0.0.0" })).rejects.toThrow(
      /loopback only/,
    );
  });

  test("a baton continues its stream once", async () => {
    const first = await pipeline([execute("begin"), execute("insert into t values (1, 1)")]);
    const second = await pipeline([{ type: "get_autocommit" }, execute("commit")], first.baton);
    const again = await post("/v3/pipeline", JSON.stringify({ baton: first.baton, requests: [] }));
    const third = await pipeline([{ type: "get_autocommit" }, close], second.baton);

    expect(second.results[0]?.response).toEqual({ type: "get_autocommit", is_autocommit: false });
    expect(third.results[0]?.response).toEqual({ type: "get_autocommit", is_autocommit: true });
    expect(third.baton).toBeNull();
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ code: "STREAM_EXPIRED" });
  });

  test("a stream that is closed in a transaction leaves nothing behind", async () => {
    await pipeline([execute("begin immediate"), execute("insert into t values (1, 1)"), close]);

    expect((await client.execute("insert into t values (1, 2)")).rowsAffected).toBe(1);
  });

  test("steps of a batch run by their conditions", async () => {
    const ok = { type: "ok", step: 0 };
    const failed = { type: "error", step: 1 };
    const conditions = [
      null,
      null,
      { type: "and", conds: [ok, failed] },
      {
        type: "or",
        conds: [
          { type: "not", cond: ok },
          { type: "error", step: 0 },
        ],
      },
      { type: "is_autocommit" },
    ];
    const steps = conditions.map((condition, i) => ({
      condition,
      stmt: { sql: i === 1 ? "nonsense" : `insert into t values (${i}, 0)` },
    }));
    const { results } = await pipeline([{ type: "batch", batch: { steps } }, close]);

    expect(results[0]?.response?.["result"]).toMatchObject({
      step_results: [{ affected_row_count: 1 }, null, {}, null, {}],
      step_errors: [null, { code: "SQLITE_ERROR" }, null, null, null],
    });
  });

  test("statements are stored, described, and forgotten", async () => {
    const { results } = await pipeline([
      { type: "store_sql", sql_id: 5, sql: "select x from t" },
      { type: "execute", stmt: { sql_id: 5 } },
      { type: "describe", sql_id: 5 },
      { type: "close_sql", sql_id: 5 },
      { type: "execute", stmt: { sql_id: 5 } },
      { type: "sequence", sql: "insert into t values (1, 1); delete from t" },
      close,
      execute("select 1"),
    ]);

    expect(results.map(({ type }) => type)).toEqual([
      "ok",
      "ok",
      "ok",
      "ok",
      "error",
      "ok",
      "ok",
      "error",
    ]);
    expect(results[2]?.response?.["result"]).toMatchObject({
      cols: [{ name: "x", decltype: "INTEGER" }],
      is_explain: false,
      is_readonly: true,
    });
  });

  test("a stream that nobody comes back to is rolled back after ten seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const streams = new HranaStreams(file);
    try {
      const stream = streams.take(null);
      await stream.answer({ type: "execute", stmt: { sql: "begin immediate" } });
      streams.giveBack(stream);
      const baton = streams.batonOf(stream);
      vi.advanceTimersByTime(10_000);

      expect(() => streams.take(baton)).toThrow(/expired/);
      expect(stream.connection.isAutocommit).toBe(true);
    } finally {
      streams.close();
      vi.useRealTimers();
    }
  });
});
