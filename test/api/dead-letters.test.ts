import { afterEach, beforeEach, expect, it } from "vitest";
import { BROKEN } from "../support/executor-jobs.ts";
import { aJob, OpenApi } from "../support/open-api.ts";

const DEAD = "/api/v1/dead-letters";
const RUNS = "/api/v1/runs";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
  for (const name of ["one", "two"])
    // oxlint-disable-next-line no-await-in-loop -- One after the other.
    await open.ask("POST", "/api/v1/jobs", { body: aJob({ name }) });
});
afterEach(() => open.close());

async function runOf(job: string, end: "broken" | "succeeded" | "canceled"): Promise<string> {
  const { json } = await open.ask("POST", `/api/v1/jobs/${job}/runs`);
  if (end === "broken") await open.answer(json.id, BROKEN, 500);
  else if (end === "succeeded") await open.succeed(json.id);
  else await open.ask("POST", `${RUNS}/${json.id}/cancel`);
  await open.recordsCaughtUp();
  open.advance(1_000);
  return json.id;
}

async function dead(query = ""): Promise<readonly string[]> {
  await open.recordsCaughtUp();
  const got = await open.ask("GET", `${DEAD}${query}`);
  expect(got.status, got.text).toBe(200);
  return got.json.items.map((run: { readonly id: string }) => run.id);
}

it("lists runs that failed, newest first, of one job or of a time", async () => {
  const first = await runOf("one", "broken");
  await runOf("one", "succeeded");
  await runOf("two", "canceled");
  const fromMs = open.nowMs;
  const second = await runOf("two", "broken");
  const from = new Date(fromMs).toISOString();

  expect(await dead()).toEqual([second, first]);
  expect(await dead("?job=one")).toEqual([first]);
  expect(await dead(`?from=${from}`)).toEqual([second]);
  expect(await dead(`?to=${from}`)).toEqual([first]);
});

it("gives a page after another", async () => {
  const runs = [await runOf("one", "broken"), await runOf("one", "broken")];

  const head = await open.ask("GET", `${DEAD}?limit=1`);
  const tail = await open.ask("GET", `${DEAD}?limit=1&cursor=${head.json.nextCursor}`);

  expect([head.json.items[0].id, tail.json.items[0].id]).toEqual(runs.toReversed());
  expect(tail.json.nextCursor).toBeNull();
});

it("leaves out a run that was retried, and lists the retry when that fails as well", async () => {
  const origin = await runOf("one", "broken");
  const { json: retry } = await open.ask("POST", `${RUNS}/${origin}/retry`);

  expect(await dead()).toEqual([]);
  await open.answer(retry.id, BROKEN, 500);
  expect(await dead()).toEqual([retry.id]);
});

it("shows nothing of other namespaces, and refuses what it does not know", async () => {
  await runOf("one", "broken");
  const token = await open.newToken("read", "other");

  expect((await open.ask("GET", DEAD, { token })).json.items).toEqual([]);
  expect((await open.ask("GET", `${DEAD}?state=lost`)).status).toBe(400);
});
