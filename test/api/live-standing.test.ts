import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LiveHub } from "../../src/api/live-hub.ts";
import { LIVE_STANDING_LIMITS, LiveStanding } from "../../src/api/live-standing.ts";
import { LiveUpgrade } from "../../src/standalone/live-upgrade.ts";
import { type Browser, loggedIn, PASSWORD } from "../support/browser.ts";
import { LivePeer } from "../support/live-peer.ts";
import { OpenApi } from "../support/open-api.ts";

const ANOTHER = "another horse, another battery";
const T0 = 1_790_000_000_000;
const { freshMs, unknownMsMax } = LIVE_STANDING_LIMITS;

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

/** The far end of a socket that a page opens with the ticket of its session. */
async function watching(browser: Browser): Promise<LivePeer> {
  const { json } = await browser.ask("POST", "/api/v1/live/tickets", { body: {} });
  return joined(`?ticket=${json.ticket}`);
}

async function joined(query: string, headers: Record<string, string> = {}): Promise<LivePeer> {
  const upgrade = new LiveUpgrade(true);
  const request = new Request(`http://tickwheel.test/api/v1/live${query}`, {
    headers: { upgrade: "websocket", ...headers },
  });
  await open.api.fetch(request, { upgrade });
  const peer = new LivePeer();
  upgrade.accepted?.hub.join(peer, upgrade.accepted.opening, open.nowMs);
  return peer;
}

async function userId(browser: Browser): Promise<string> {
  return (await browser.ask("GET", "/api/v1/me")).json.id;
}

const ENDS: readonly (readonly [string, (theirs: Browser, boss: Browser) => Promise<unknown>])[] = [
  ["a logout", (theirs) => theirs.ask("POST", "/api/v1/logout", { body: {} })],
  [
    "another password",
    (theirs) =>
      theirs.ask("PUT", "/api/v1/me/password", { body: { current: PASSWORD, next: ANOTHER } }),
  ],
  [
    "another role",
    async (theirs, boss) => changed(boss, await userId(theirs), { role: "operator" }),
  ],
  [
    "a user who is disabled",
    async (theirs, boss) => changed(boss, await userId(theirs), { state: "disabled" }),
  ],
  [
    "sessions that an administrator ends",
    async (theirs, boss) => boss.ask("DELETE", `/api/v1/users/${await userId(theirs)}/sessions`),
  ],
  [
    "a user who is deleted",
    async (theirs, boss) => {
      const path = `/api/v1/users/${await userId(theirs)}`;
      const etag = (await boss.ask("GET", path)).headers.get("etag") ?? "";
      return boss.ask("DELETE", path, { headers: { "if-match": etag } });
    },
  ],
];

async function changed(boss: Browser, user: string, body: unknown): Promise<unknown> {
  const path = `/api/v1/users/${user}`;
  const etag = (await boss.ask("GET", path)).headers.get("etag") ?? "";
  return boss.ask("PATCH", path, { body, headers: { "if-match": etag } });
}

describe("a socket", () => {
  it.each(ENDS)("ends with %s, and those of others stay", async (_, end) => {
    const boss = await loggedIn(open, "boss", { role: "owner", isInstanceAdmin: true });
    const theirs = await loggedIn(open, "grace");
    const [peer, other] = [await watching(theirs), await watching(boss)];
    await open.live.sweep();
    expect([peer.closed, other.closed]).toEqual([null, null]);

    await end(theirs, boss);
    await open.live.sweep();

    expect(peer.closed).toMatchObject({ code: 4_401 });
    expect(other.closed).toBeNull();
  });

  it("ends with a session in which nothing was asked for half an hour", async () => {
    const peer = await watching(await loggedIn(open, "grace"));

    open.advance(30 * 60_000 - 1);
    await open.live.sweep();
    expect(peer.closed).toBeNull();
    open.advance(1);
    await open.live.sweep();

    expect(peer.closed).toMatchObject({ code: 4_401 });
  });

  it("ends with the token that opened it, by itself or by a ticket", async () => {
    const { json } = await open.ask("POST", "/api/v1/tokens", {
      body: { name: "wall", scopes: ["read"] },
    });
    const tickets = await open.ask("POST", "/api/v1/live/tickets", { token: json.token });
    const peers = [
      await joined("", { authorization: `Bearer ${json.token}` }),
      await joined(`?ticket=${tickets.json.ticket}`),
    ];
    await open.live.sweep();
    expect(peers.map(({ closed }) => closed)).toEqual([null, null]);

    await open.ask("DELETE", `/api/v1/tokens/${json.id}`);
    await open.live.sweep();

    expect(peers.map(({ closed }) => closed?.code)).toEqual([4_401, 4_401]);
  });
});

function member(hub: LiveHub, credential: string | null): LivePeer {
  const peer = new LivePeer();
  const opening = { untilMs: T0 + 3_600_000, credential, topics: [], after: null };
  hub.join(peer, opening, T0);
  return peer;
}

describe("somebody who is limited to some executors", () => {
  it("is told why they cannot watch", async () => {
    const bound = await loggedIn(open, "bound", { executors: ["orders"] });
    const upgrade = { upgrade: "websocket" };

    const answers = [
      await bound.ask("POST", "/api/v1/live/tickets", { body: {} }),
      await bound.ask("GET", "/api/v1/live", { headers: upgrade }),
      await bound.ask("GET", `/api/v1/workflow-runs/wr_${"0".repeat(34)}/live`, {
        headers: upgrade,
      }),
    ];

    for (const { status, json } of answers) {
      expect(status).toBe(403);
      expect(json.detail).toContain("Live rows are those of the whole namespace");
    }
  });
});

describe("a hub", () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const watched = (
    standing: (credentials: readonly string[]) => Promise<ReadonlySet<string>>,
  ): { readonly look: (atMs: number) => Promise<void>; readonly hub: LiveHub } => {
    let nowMs = T0;
    const hub = new LiveHub(T0);
    const looks = new LiveStanding(hub, {
      watchers: { standing },
      clock: { nowMs: () => nowMs },
      log,
    });
    const look = (atMs: number): Promise<void> => {
      nowMs = atMs;
      return looks.ensure();
    };
    return { look, hub };
  };
  it("asks the records at most every ten seconds, and nothing about the bootstrap token", async () => {
    const asked: (readonly string[])[] = [];
    const { look, hub } = watched(async (credentials) => {
      asked.push(credentials);
      return new Set(credentials);
    });
    member(hub, null);
    await look(T0);
    member(hub, "ses_1");
    member(hub, "ses_1");
    for (const atMs of [T0, T0 + 1, T0 + freshMs - 1, T0 + freshMs])
      // oxlint-disable-next-line no-await-in-loop -- The clock moves on.
      await look(atMs);

    expect(asked).toEqual([["ses_1"], ["ses_1"]]);
  });

  it("keeps who joined while it was asking", async () => {
    const answer = Promise.withResolvers<ReadonlySet<string>>();
    const { look, hub } = watched(() => answer.promise);
    const before = member(hub, "ses_1");
    const looked = look(T0);
    const meanwhile = member(hub, "ses_2");
    answer.resolve(new Set());
    await looked;

    expect([before.closed?.code, meanwhile.closed]).toEqual([4_401, null]);
  });

  it("keeps everybody while the records are away for a moment, and for long only the bootstrap", async () => {
    const { look, hub } = watched(() => Promise.reject(new Error("away")));
    const [peer, bootstrap] = [member(hub, "ses_1"), member(hub, null)];
    await look(T0);
    await look(T0 + unknownMsMax - 1);
    expect(peer.closed).toBeNull();

    await look(T0 + unknownMsMax + freshMs);

    expect([peer.closed?.code, bootstrap.closed]).toEqual([4_401, null]);
  });
});
