import { afterEach, beforeEach, expect, it } from "vitest";
import { BROKEN, makeExecutor, runOnExecutor } from "../support/executor-jobs.ts";
import { type Got, OpenApi } from "../support/open-api.ts";

const RUNS = "/api/v1/runs";
let open: OpenApi;
let parent: string;

beforeEach(async () => {
  open = await OpenApi.start();
  await makeExecutor(open);
  const sharding = { mode: "count", total: 3 };
  parent = (await runOnExecutor(open, { sharding, retry: { max: 0 } })).id;
  await open.recordsCaughtUp();
});
afterEach(() => open.close());

async function shardsOf(run: string, query = ""): Promise<Got["json"]> {
  const got = await open.ask("GET", `${RUNS}/${run}/shards${query}`);
  expect(got.status, got.text).toBe(200);
  return got.json;
}

/** Ends every shard of a run: those at the indexes fail. */
async function endShards(run: string, failed: readonly number[]): Promise<void> {
  for (const { id, shard } of (await shardsOf(run)).items)
    // oxlint-disable-next-line no-await-in-loop -- One after the other.
    await (failed.includes(shard.index) ? open.answer(id, BROKEN, 500) : open.succeed(id));
  await open.recordsCaughtUp();
}

it("lists the shards of a run by their index, a page after another", async () => {
  const head = await shardsOf(parent, "?limit=2");
  const tail = await shardsOf(parent, `?limit=2&cursor=${head.nextCursor}`);
  const shards = [...head.items, ...tail.items];

  expect(shards.map(({ shard }) => shard.index)).toEqual([0, 1, 2]);
  expect(shards[0].trigger).toEqual({ kind: "shard", parent });
  expect(tail.nextCursor).toBeNull();
});

it("leaves shards out of the list of runs unless they are asked for", async () => {
  const [all, byTrigger, byParent] = await Promise.all(
    ["", "?trigger=shard", `?parent=${parent}`].map((query) => open.ask("GET", `${RUNS}${query}`)),
  );

  expect(all?.json.items.map((run: { id: string }) => run.id)).toEqual([parent]);
  expect(byTrigger?.json.items).toHaveLength(3);
  expect(byParent?.json.items).toHaveLength(3);
});

it("does again only the shards that did not succeed", async () => {
  await endShards(parent, [1]);

  const got = await open.ask("POST", `${RUNS}/${parent}/retry`);
  await open.recordsCaughtUp();
  const again = await shardsOf(got.json.id);

  expect(got.status).toBe(202);
  expect(again.items.map(({ shard }: Got["json"]) => shard.index)).toEqual([1]);
  await endShards(got.json.id, []);
  expect((await open.ask("GET", `${RUNS}/${got.json.id}`)).json.state).toBe("succeeded");
  expect((await shardsOf(parent, "?state=failed")).items).toHaveLength(1);
});

it("does a sharded run that has succeeded again as a whole", async () => {
  await endShards(parent, []);

  const got = await open.ask("POST", `${RUNS}/${parent}/retry`);
  await open.recordsCaughtUp();

  expect((await shardsOf(got.json.id)).items).toHaveLength(3);
});

it("knows no shards of a run of another namespace", async () => {
  const token = await open.newToken("read", "other");

  expect((await open.ask("GET", `${RUNS}/${parent}/shards`, { token })).status).toBe(404);
});

it("answers 202 when an executor was asked to stop, and 200 when the run has ended", async () => {
  const { id } = await runOnExecutor(open, { name: "long" });
  await open.answer(id, { kind: "accepted" }, 202);

  const asked = await open.ask("POST", `${RUNS}/${id}/cancel`);
  const again = await open.ask("POST", `${RUNS}/${id}/cancel`);
  open.advance(10_000);
  const ended = await open.ask("GET", `${RUNS}/${id}`);

  expect(asked).toMatchObject({ status: 202, json: { state: "running" } });
  expect(asked.json.cancelRequestedAt).not.toBeNull();
  expect(again.status).toBe(202);
  expect(ended.json.state).toBe("canceled");
});
