import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, OpenApi, START_MS, type Got } from "../support/open-api.ts";

const JOB = "/api/v1/jobs/nightly-report";
const BACKFILLS = `${JOB}/backfills`;
const HOUR = 3_600_000;
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
  const anchor = "2026-11-20T00:00:00.000Z";
  const schedule = { kind: "every", every: "1m", anchor };
  await open.ask("POST", "/api/v1/jobs", { body: aJob({ schedule }) });
});
afterEach(() => open.close());

/** So many ticks, from ten o'clock of the day before on. */
function aRange(ticks: number, more: object = {}): object {
  const fromMs = Date.UTC(2026, 10, 20, 10);
  const to = new Date(fromMs + ticks * 60_000).toISOString();
  return { from: new Date(fromMs).toISOString(), to, ...more };
}

function begin(body: object): Promise<Got> {
  return open.ask("POST", BACKFILLS, { body });
}

/** Lets a backfill make its runs, second by second, answers them, and returns it when it has ended. */
async function ended(id: string): Promise<Got> {
  for (let second = 0; second < 60; second++) {
    open.advance(1_000);
    for (const { runId } of open.deliveries) {
      // oxlint-disable-next-line no-await-in-loop -- One after another; a second answer is nothing.
      await open.succeed(runId);
    }
    // oxlint-disable-next-line no-await-in-loop -- It tells whether to go on.
    const got = await open.ask("GET", `${BACKFILLS}/${id}`);
    if (got.json.state !== "running") return got;
  }
  throw new Error("the backfill ends within a minute");
}

describe("a backfill", () => {
  it("is accepted, runs its ticks, and completes", async () => {
    const got = await begin(aRange(3, { params: { day: "mon" } }));
    const { id } = got.json;
    expect(got.status).toBe(202);
    expect(got.headers.get("location")).toBe(`${BACKFILLS}/${id}`);
    expect(got.headers.get("etag")).toBe('"1"');
    expect(got.json).toMatchObject({
      job: "nightly-report",
      from: "2026-11-20T10:00:00.000Z",
      to: "2026-11-20T10:03:00.000Z",
      overlap: "buffer_all",
      rate: 60,
      state: "running",
      total: 3,
      made: 0,
      cursor: "2026-11-20T10:00:00.000Z",
    });

    const done = await ended(id);
    expect(done.json).toMatchObject({
      state: "completed",
      made: 3,
      succeeded: 3,
      live: 0,
      cursor: null,
    });
    expect(done.json.endedAt).toBeDefined();
  });

  it("is named by its runs, which are listed by it and leave the ledger alone", async () => {
    const { json: backfill } = await begin(aRange(2));
    const { json: other } = await begin(aRange(1, { overlap: "allow" }));
    await ended(backfill.id);
    await ended(other.id);
    await open.recordsCaughtUp();

    const listed = await open.ask("GET", `/api/v1/runs?backfill=${backfill.id}`);
    const all = await open.ask("GET", "/api/v1/runs?job=nightly-report&trigger=backfill");
    const ledger = await open.ask("GET", `${JOB}/ticks?from=2026-11-20T09:00:00Z`);
    expect(listed.json.items.map((run: { trigger: object }) => run.trigger)).toEqual([
      { kind: "backfill", backfill: backfill.id, tick: "2026-11-20T10:01:00.000Z" },
      { kind: "backfill", backfill: backfill.id, tick: "2026-11-20T10:00:00.000Z" },
    ]);
    expect(all.json.items).toHaveLength(3);
    expect(other.id).not.toBe(backfill.id);
    expect(ledger.json.items).toEqual([]);
  });

  it("is made once for an idempotency key", async () => {
    const headers = { "idempotency-key": "one" };
    const first = await open.ask("POST", BACKFILLS, { body: aRange(3), headers });
    const again = await open.ask("POST", BACKFILLS, { body: aRange(3), headers });

    expect(again.json).toEqual(first.json);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect((await open.ask("GET", BACKFILLS)).json.items).toHaveLength(1);
  });

  it("is paused, resumed and canceled", async () => {
    const { json } = await begin(aRange(30));
    const one = `${BACKFILLS}/${json.id}`;

    const paused = await open.ask("POST", `${one}/pause`);
    const resumed = await open.ask("POST", `${one}/resume`);
    const stale = await open.ask("DELETE", one, { headers: { "if-match": '"1"' } });
    const canceled = await open.ask("DELETE", `${one}?running=cancel`, {
      headers: { "if-match": resumed.headers.get("etag") ?? "" },
    });
    const again = await open.ask("DELETE", one);

    expect(paused).toMatchObject({ status: 200, json: { state: "paused" } });
    expect(paused.json.pausedAt).toBeDefined();
    expect(resumed).toMatchObject({ status: 200, json: { state: "running" } });
    expect(stale).toMatchObject({ status: 412, json: { code: "version.conflict" } });
    expect(canceled).toMatchObject({ status: 200, json: { state: "canceled" } });
    expect(again).toMatchObject({ status: 409, json: { code: "backfill.ended" } });
  });

  it("is listed newest first, page by page", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      // oxlint-disable-next-line no-await-in-loop -- Their order is what is looked at.
      ids.unshift((await begin(aRange(1))).json.id);
    }

    const first = await open.ask("GET", `${BACKFILLS}?limit=2`);
    const cursor = encodeURIComponent(first.json.nextCursor);
    const second = await open.ask("GET", `${BACKFILLS}?limit=2&cursor=${cursor}`);

    const shown = [...first.json.items, ...second.json.items].map(({ id }) => id);
    expect(shown).toEqual(ids);
    expect(second.json.nextCursor).toBeNull();
  });
});

describe("a backfill is refused", () => {
  const now = new Date(START_MS).toISOString();
  const later = new Date(START_MS + HOUR).toISOString();

  it.each([
    ["without a range", {}, 400, "/from"],
    ["backwards", { from: now, to: "2026-11-20T00:00:00Z" }, 400, "/to"],
    ["into the future", { from: now, to: later }, 400, "/to"],
    ["for no tick", { from: "2026-11-20T10:00:01Z", to: "2026-11-20T10:00:02Z" }, 400, "/from"],
    ["at no rate", aRange(1, { rate: 0 }), 400, "/rate"],
    ["at too high a rate", aRange(1, { rate: 6_001 }), 400, "/rate"],
    ["with another overlap", aRange(1, { overlap: "cancel_other" }), 400, "/overlap"],
  ])("%s", async (_, body, status, pointer) => {
    const got = await begin(body);

    expect(got.status).toBe(status);
    const pointers = got.json.errors.map((error: { pointer: string }) => error.pointer);
    expect(pointers).toContain(pointer);
  });

  it("for a job without ticks, with the reason", async () => {
    await open.ask("POST", "/api/v1/jobs", { body: aJob({ name: "by-hand" }) });

    const got = await open.ask("POST", "/api/v1/jobs/by-hand/backfills", { body: aRange(1) });

    expect(got).toMatchObject({ status: 400, json: { code: "request.invalid" } });
    expect(got.json.detail).toContain("manual");
  });

  it.each(["bf_x", `bf_${"0".repeat(32)}00`])("when nobody knows it: %s", async (id) => {
    const got = await open.ask("GET", `${BACKFILLS}/${id}`);

    expect(got).toMatchObject({ status: 404, json: { code: "backfill.unknown" } });
  });
});
