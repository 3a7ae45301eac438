import { afterEach, beforeEach, expect, it } from "vitest";
import { BROKEN } from "../support/executor-jobs.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

const RUNS = "/api/v1/runs";
let open: OpenApi;
/** Failed, succeeded, and failed after five seconds; the oldest first. */
let ids: readonly string[];

beforeEach(async () => {
  open = await OpenApi.start();
  await open.ask("POST", "/api/v1/jobs", { body: aJob({ name: "one" }) });
  ids = [await runOf("broken", 0), await runOf("succeeded", 0), await runOf("broken", 5_000)];
});
afterEach(() => open.close());

async function runOf(end: "broken" | "succeeded", tookMs: number): Promise<string> {
  const { json } = await open.ask("POST", "/api/v1/jobs/one/runs");
  open.advance(tookMs);
  if (end === "broken") await open.answer(json.id, BROKEN, 500);
  else await open.succeed(json.id);
  await open.recordsCaughtUp();
  open.advance(1_000);
  return json.id;
}

async function listed(query: string): Promise<readonly string[]> {
  const got = await open.ask("GET", `${RUNS}${query}`);
  expect(got.status, got.text).toBe(200);
  return got.json.items.map((run: { readonly id: string }) => run.id);
}

it("lists runs newest first, or oldest first when told so, page by page", async () => {
  expect(await listed("")).toEqual(ids.toReversed());
  expect(await listed("?order=oldest")).toEqual(ids);
  const head = await open.ask("GET", `${RUNS}?order=oldest&limit=2`);
  expect(await listed(`?order=oldest&limit=2&cursor=${head.json.nextCursor}`)).toEqual([ids[2]]);
  expect((await open.ask("GET", `${RUNS}?order=random`)).status).toBe(400);
});

it("narrows dead letters down like any other list", async () => {
  await open.ask("POST", `${RUNS}/${ids[0]}/retry`);
  await open.recordsCaughtUp();

  expect(await listed("?deadLetter=1")).toEqual([ids[2]]);
  expect(await listed("?deadLetter=1&slowerThan=10s")).toEqual([]);
  expect(await listed("?deadLetter=1&state=lost")).toEqual([]);
});

it("acts on slow runs only, when a bulk action is narrowed to them", async () => {
  const filter = { state: "failed", slowerThan: "3s" };
  const body = { action: "retry", filter, dryRun: true };
  const { json } = await open.ask("POST", `${RUNS}/bulk`, { body });

  expect(json.matched).toBe(1);
  expect(json.sample[0].id).toBe(ids[2]);
});

it("tells the version of the job, how it is delivered, and the trace of its caller", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const headers = { traceparent };
  const { json } = await open.ask("POST", "/api/v1/jobs/one/runs", { headers });

  expect(json).toMatchObject({ jobVersion: 1, delivery: "at_least_once", traceparent });
});
