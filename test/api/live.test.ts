import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LiveUpgrade } from "../../src/standalone/live-upgrade.ts";
import { LivePeer } from "../support/live-peer.ts";
import { aJob, BOOTSTRAP_TOKEN, OpenApi, type Got } from "../support/open-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

interface Wish {
  readonly token?: string;
  readonly origin?: string;
  readonly hasRoom?: boolean;
}

/** What comes of a request for a socket: the answer, and the socket's end if it was accepted. */
async function upgraded(
  path: string,
  { token, origin, hasRoom = true }: Wish = {},
): Promise<{
  readonly status: number;
  readonly code: string | null;
  readonly peer: LivePeer | null;
}> {
  const headers = new Headers({ upgrade: "websocket", connection: "upgrade" });
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (origin !== undefined) headers.set("origin", origin);
  const upgrade = new LiveUpgrade(hasRoom);
  const request = new Request(`http://tickwheel.test/api/v1${path}`, { headers });
  const response = await open.api.fetch(request, { upgrade });
  const { accepted } = upgrade;
  if (accepted === null) {
    const { code }: { readonly code: string } = await response.json();
    return { status: response.status, code, peer: null };
  }
  const peer = new LivePeer();
  accepted.hub.join(peer, accepted.opening, open.nowMs);
  return { status: 101, code: null, peer };
}

async function ticketOf(token = BOOTSTRAP_TOKEN): Promise<string> {
  const { json } = await open.ask("POST", "/api/v1/live/tickets", { token });
  return json.ticket;
}

function runNow(token = BOOTSTRAP_TOKEN): Promise<Got> {
  return open.ask("POST", "/api/v1/jobs/nightly-report/runs", { token });
}

describe("a ticket", () => {
  it("is given to whoever may read, for a minute", async () => {
    const token = await open.newToken("read");

    const got = await open.ask("POST", "/api/v1/live/tickets", { token });

    expect(got).toMatchObject({
      status: 201,
      json: {
        ticket: expect.any(String),
        expiresAt: new Date(open.nowMs + 60_000).toISOString(),
      },
    });
  });

  it("opens one socket", async () => {
    const ticket = await ticketOf();

    const first = await upgraded(`/live?ticket=${ticket}`);
    const second = await upgraded(`/live?ticket=${ticket}`);

    expect(first.status).toBe(101);
    expect(second).toMatchObject({ status: 401, code: "ticket.invalid" });
  });

  it("opens none when its minute is over", async () => {
    const ticket = await ticketOf();
    open.advance(60_000);

    expect(await upgraded(`/live?ticket=${ticket}`)).toMatchObject({
      status: 401,
      code: "ticket.invalid",
    });
  });

  it("is worth nothing on any other route", async () => {
    const ticket = await ticketOf();

    const got = await open.ask("GET", `/api/v1/jobs?ticket=${ticket}`, { token: null });

    expect(got).toMatchObject({ status: 401, json: { code: "token.missing" } });
  });

  it("does not shorten what its token may still ask for", async () => {
    await upgraded(`/live?ticket=${await ticketOf()}`);

    const { headers } = await open.ask("GET", "/api/v1/jobs");

    expect(Number(/r=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1])).toBeGreaterThan(10_000);
  });
});

describe("a request for a socket", () => {
  it("must ask for one", async () => {
    const got = await open.ask("GET", "/api/v1/live");

    expect(got).toMatchObject({ status: 426, json: { code: "request.invalid" } });
    expect(got.headers.get("upgrade")).toBe("websocket");
  });

  it.each([
    ["our own page", "http://tickwheel.test", 101],
    ["our own page behind a proxy that speaks TLS", "https://tickwheel.test", 101],
    ["another page", "http://evil.example", 403],
    ["a page of another port", "http://tickwheel.test:8080", 403],
    ["a page without an origin of its own", "null", 403],
  ])("is judged by where its page is from: %s", async (_, origin, status) => {
    const path = `/live?ticket=${await ticketOf()}`;

    expect((await upgraded(path, { origin })).status).toBe(status);
  });

  it("is refused while there is no room", async () => {
    const ticket = await ticketOf();

    const full = await upgraded(`/live?ticket=${ticket}`, { hasRoom: false });
    const then = await upgraded(`/live?ticket=${ticket}`);

    expect(full).toMatchObject({ status: 429, code: "quota.exceeded" });
    expect(then.status).toBe(101);
  });

  it("cannot be answered where the connection cannot be upgraded", async () => {
    const got = await open.ask("GET", "/api/v1/live", { headers: { upgrade: "websocket" } });

    expect(got).toMatchObject({ status: 400, json: { code: "request.invalid" } });
  });

  it("names the number behind which a workflow run goes on", async () => {
    const path = `/workflow-runs/wr_${"0".repeat(34)}/live`;

    const wrong = await upgraded(`${path}?after=soon`, { token: BOOTSTRAP_TOKEN });
    const { peer } = await upgraded(`${path}?after=7`, { token: BOOTSTRAP_TOKEN });

    expect(wrong).toMatchObject({ status: 400, code: "request.invalid" });
    expect(peer?.news()).toMatchObject([{ seq: 7 }, { reset: true }]);
  });
});

describe("those who watch", () => {
  it("hear of everything that happens in their namespace", async () => {
    const watch = await watching(["runs", "jobs"]);
    await open.ask("POST", "/api/v1/jobs", { body: aJob() });
    const { json } = await runNow();
    await open.succeed(json.id, { rows: 3 });
    open.advance(0);
    await open.ask("POST", "/api/v1/jobs/nightly-report/pause", { body: {} });
    await open.ask("DELETE", "/api/v1/jobs/nightly-report");

    const rows = watch.news().flatMap(({ row }) => (row === undefined ? [] : [row]));
    expect(rows.map(({ kind, state, deleted }) => [kind, state ?? deleted])).toEqual([
      ["job", "active"],
      ["run", "dispatching"],
      ["run", "succeeded"],
      ["job", "paused"],
      ["job", true],
    ]);
    expect(rows[2]).toMatchObject({ id: json.id, result: { rows: 3 }, cut: false });
  });

  it("hear nothing of another namespace, and nobody of them", async () => {
    const other = await open.newToken("write", "other");
    const here = await watching(["runs", "jobs"]);
    const there = await watching(["runs", "jobs"], other);
    const body = aJob({ params: { secret: "other" } });
    await open.ask("POST", "/api/v1/jobs", { token: other, body });
    await runNow(other);

    expect(here.news()).toEqual([]);
    expect(there.news().map(({ topic }) => topic)).toEqual(["jobs", "runs"]);
  });

  it("are told of what is too long that it is", async () => {
    const watch = await watching(["runs"]);
    await open.ask("POST", "/api/v1/jobs", { body: aJob() });
    const { json } = await runNow();
    await open.succeed(json.id, "x".repeat(60_000));
    open.advance(0);

    const { row } = watch.news().at(-1);
    expect(row).toMatchObject({ id: json.id, state: "succeeded", result: null, cut: true });
  });

  it("hear of executors and their nodes", async () => {
    const watch = await watching(["executors"]);
    const body = { appKey: "orders", name: "Orders", registration: "auto" };
    await open.ask("POST", "/api/v1/executors", { body });
    await open.recordsCaughtUp();

    expect(watch.news().at(-1)).toMatchObject({
      topic: "executors",
      row: { kind: "executor", appKey: "orders", nodes: [] },
    });
  });
});

/** A watcher of these topics that has heard that it is one. */
async function watching(topics: readonly string[], token = BOOTSTRAP_TOKEN): Promise<LivePeer> {
  const headers = new Headers({ upgrade: "websocket", authorization: `Bearer ${token}` });
  const upgrade = new LiveUpgrade(true);
  const request = new Request("http://tickwheel.test/api/v1/live", { headers });
  await open.api.fetch(request, { upgrade });
  const { accepted } = upgrade;
  const peer = new LivePeer();
  accepted?.hub.join(peer, { ...accepted.opening, topics }, open.nowMs);
  expect(peer.told.shift()).toMatchObject({ subscribed: topics });
  return peer;
}
