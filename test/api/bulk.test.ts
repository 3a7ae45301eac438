import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LibsqlRecordsReader } from "../../src/adapters/libsql-records-reader.ts";
import { LibsqlRecords } from "../../src/adapters/libsql-records.ts";
import { BROKEN } from "../support/executor-jobs.ts";
import { aJob, type Got, OpenApi } from "../support/open-api.ts";
import { openMemoryRecords } from "../support/open-records.ts";
import { aBatch, anEndedRun } from "../support/records-rows.ts";

const BULK = "/api/v1/runs/bulk";
const RUNS = "/api/v1/runs";
const RUN_NOW = "/api/v1/jobs/nightly-report/runs?overlap=allow";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
  await open.ask("POST", "/api/v1/jobs", {
    body: aJob({ params: { a: 1 }, overlap: "allow", concurrency: 100 }),
  });
});
afterEach(() => open.close());

/** So many runs a second apart, the oldest first, and all of them in the records. */
async function makeRuns(count: number, end: "none" | "broken" = "none"): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    // oxlint-disable-next-line no-await-in-loop -- One after the other.
    const { json } = await open.ask("POST", RUN_NOW);
    ids.push(json.id);
    // oxlint-disable-next-line no-await-in-loop -- As above.
    if (end === "broken") await open.answer(json.id, BROKEN, 500);
    open.advance(1_000);
  }
  await open.recordsCaughtUp();
  return ids;
}

function bulk(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Got> {
  return open.ask("POST", BULK, { body, headers });
}

async function stateOf(id: string): Promise<string> {
  return (await open.ask("GET", `${RUNS}/${id}`)).json.state;
}

async function retriesOf(origin: string): Promise<number> {
  await open.recordsCaughtUp();
  const { json } = await open.ask("GET", `${RUNS}?trigger=retry`);
  const named = json.items.filter(
    (run: { readonly trigger: { readonly origin: string } }) => run.trigger.origin === origin,
  );
  return named.length;
}

describe("a bulk action", () => {
  it.each([
    [{}, "/filter"],
    [{ deadLetter: false }, "/filter"],
    [{ ids: ["run_1"], job: "nightly-report" }, "/filter"],
    [{ ids: [] }, "/filter/ids"],
    [{ state: "done" }, "/filter/state"],
    [{ owner: "me" }, "/filter/owner"],
  ])("refuses the filter %j", async (filter, pointer) => {
    const got = await bulk({ action: "cancel", filter });

    expect(got).toMatchObject({ status: 400, json: { errors: [{ pointer }] } });
  });

  it("tells in a dry run what it would do, and does nothing", async () => {
    const ids = await makeRuns(25);

    const got = await bulk({ action: "cancel", filter: { job: "nightly-report" }, dryRun: true });

    expect(got.json).toMatchObject({ matched: 25, isMore: false });
    expect(got.json.sample.map((run: { id: string }) => run.id)).toEqual(ids.slice(0, 20));
    expect(got.json).not.toHaveProperty("done");
    expect(await stateOf(ids[0] ?? "")).toBe("dispatching");
  });

  it("needs the right to write and leaves other namespaces alone", async () => {
    const [id = ""] = await makeRuns(1);
    const reader = await open.newToken("read");
    const stranger = await open.newToken("admin", "other");
    const body = { action: "cancel", filter: { ids: [id] } };

    const denied = await open.ask("POST", BULK, { body, token: reader });
    const foreign = await open.ask("POST", BULK, { body, token: stranger });

    expect(denied.status).toBe(403);
    expect(foreign.json).toMatchObject({
      done: 0,
      failed: [{ run: id, code: "run.unknown" }],
    });
    expect(await stateOf(id)).toBe("dispatching");
  });
});

describe("the bounds of a bulk action", () => {
  it("are a thousand runs, the oldest, of whose failures a hundred are named", async () => {
    const records = await openMemoryRecords();
    const ended = Array.from({ length: 1_001 }, (_, i) =>
      anEndedRun(i + 1, { node: "n", tookMs: 1, error: "broken" }),
    );
    await new LibsqlRecords(records.database).write(aBatch({ runs: ended }));
    await open.close();
    open = await OpenApi.start({ deps: { records: new LibsqlRecordsReader(records.database) } });
    const body = { action: "retry", filter: { state: ["failed"] } };

    const preview = await bulk({ ...body, dryRun: true });
    const got = await bulk(body);

    expect(preview.json).toMatchObject({ matched: 1_000, isMore: true });
    expect(preview.json.sample).toHaveLength(20);
    expect(preview.json.sample[0].id).toBe(ended[0]?.id);
    expect(got.json).toMatchObject({ matched: 1_000, isMore: true, done: 0 });
    expect(got.json.failed).toHaveLength(100);
    await records.close();
  });
});

describe("canceling in bulk", () => {
  it("cancels what has not ended, with the reason", async () => {
    await makeRuns(2, "broken");
    const live = await makeRuns(3);

    const filter = { job: "nightly-report" };
    const got = await bulk({ action: "cancel", filter, reason: "maintenance" });
    const run = await open.ask("GET", `${RUNS}/${live[0]}`);

    expect(got.json).toEqual({ matched: 3, done: 3, skipped: 0, failed: [], isMore: false });
    expect(run.json).toMatchObject({ state: "canceled", cancelReason: "maintenance" });
  });

  it("skips what has ended, and tells of what there is not", async () => {
    const [ended = ""] = await makeRuns(1, "broken");
    const [live = ""] = await makeRuns(1);
    const nowhere = `run_${"0".repeat(32)}00`;

    const got = await bulk({
      action: "cancel",
      filter: { ids: [ended, live, live, nowhere, "x"] },
    });

    expect(got.json).toMatchObject({ matched: 4, done: 1, skipped: 1 });
    const failed = got.json.failed.map(({ run, code }: Record<string, string>) => [run, code]);
    expect(failed).toHaveLength(2);
    expect(failed).toContainEqual([nowhere, "run.unknown"]);
    expect(failed).toContainEqual(["x", "run.unknown"]);
  });

  it("takes the runs of a time", async () => {
    const ids = await makeRuns(3);
    const run = await open.ask("GET", `${RUNS}/${ids[1]}`);

    const filter = { from: run.json.nominalAt };
    const got = await bulk({ action: "cancel", filter });

    expect(got.json).toMatchObject({ matched: 2, done: 2 });
    expect(await stateOf(ids[0] ?? "")).toBe("dispatching");
  });
});

describe("retrying in bulk", () => {
  it("makes one new run of each that has failed, with its params unless others are given", async () => {
    const [first = ""] = await makeRuns(2, "broken");
    const [live = ""] = await makeRuns(1);

    const got = await bulk({ action: "retry", filter: { job: "nightly-report" } });
    await bulk({ action: "retry", filter: { ids: [first, live] }, params: { b: 2 } });
    await open.recordsCaughtUp();
    const { json } = await open.ask("GET", `${RUNS}?trigger=retry`);

    expect(got.json).toEqual({ matched: 2, done: 2, skipped: 0, failed: [], isMore: false });
    expect(json.items.map((run: { params: unknown }) => run.params)).toEqual([
      { a: 1, b: 2 },
      { a: 1 },
      { a: 1 },
    ]);
  });

  it("retries a dead letter once, however often and under whatever key it is asked to", async () => {
    const [id = ""] = await makeRuns(1, "broken");
    const body = { action: "retry", filter: { deadLetter: true } };

    const answers = await Promise.all([
      bulk(body),
      bulk(body),
      bulk(body, { "idempotency-key": "k" }),
    ]);
    await open.recordsCaughtUp();
    const later = await bulk(body);

    expect(answers.reduce((sum, { json }) => sum + json.done, 0)).toBe(1);
    expect(later.json).toMatchObject({ matched: 0, done: 0 });
    expect(await retriesOf(id)).toBe(1);
  });

  it("gives its first answer again under the same key, and retries nothing twice", async () => {
    const [id = ""] = await makeRuns(1, "broken");
    const body = { action: "retry", filter: { ids: [id] } };
    const key = { "idempotency-key": "once" };

    const first = await bulk(body, key);
    const second = await bulk(body, key);
    const other = await bulk({ ...body, action: "cancel" }, key);

    expect(second.json).toEqual(first.json);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(other).toMatchObject({ status: 422, json: { code: "idempotency.mismatch" } });
    expect(await retriesOf(id)).toBe(1);
  });

  it("tells of each run whose job is gone", async () => {
    const ids = await makeRuns(2, "broken");
    await open.ask("DELETE", "/api/v1/jobs/nightly-report");

    const got = await bulk({ action: "retry", filter: { deadLetter: true } });

    expect(got.json).toMatchObject({ matched: 2, done: 0, skipped: 0 });
    expect(got.json.failed.map(({ run }: { run: string }) => run).toSorted()).toEqual(
      ids.toSorted(),
    );
    expect(got.json.failed[0].code).toBe("job.unknown");
  });
});
