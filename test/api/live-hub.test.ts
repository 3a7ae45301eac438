import { describe, expect, it } from "vitest";
import { LIVE_HUB_LIMITS, LiveHub } from "../../src/api/live-hub.ts";
import type { LiveText } from "../../src/api/live-rows-json.ts";
import { LivePeer } from "../support/live-peer.ts";

const T0 = 1_790_000_000_000;
const UNTIL_MS = T0 + LIVE_HUB_LIMITS.lifeMs;

const row = (n: number, topic = "runs"): LiveText => ({ topic, text: `{"n":${n}}` });
const rows = (from: number, to: number): readonly LiveText[] =>
  Array.from({ length: to - from }, (_, i) => row(from + i));

function joined(hub: LiveHub, topics: readonly string[] = [], nowMs = T0): LivePeer {
  const peer = new LivePeer();
  hub.join(peer, { untilMs: UNTIL_MS, credential: null, topics, after: null }, nowMs);
  return peer;
}

function say(hub: LiveHub, peer: LivePeer, message: unknown, nowMs = T0): void {
  hub.message(peer, JSON.stringify(message), nowMs);
}

function topicsOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `workflow-run:wr_${i}`);
}

describe("a hub", () => {
  it("sends rows of the topics that a watcher named, and no others", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub);
    say(hub, peer, { subscribe: ["runs"] });
    hub.publish([row(1), row(2, "jobs"), row(3)], true, T0);

    const [subscribed, ...told] = peer.news();
    expect(subscribed).toMatchObject({ subscribed: ["runs"], seq: expect.any(Number) });
    expect(told).toEqual([
      { topic: "runs", seq: subscribed.seq + 1, row: { n: 1 } },
      { topic: "runs", seq: subscribed.seq + 3, row: { n: 3 } },
    ]);
  });

  it("adds topics and takes them away again", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, ["runs"]);
    say(hub, peer, { subscribe: ["jobs"] });
    say(hub, peer, { unsubscribe: ["runs"] });
    peer.news();

    hub.publish([row(1), row(2, "jobs")], true, T0);

    expect(peer.news()).toMatchObject([{ topic: "jobs", row: { n: 2 } }]);
  });

  it("goes on behind the number that a watcher had", () => {
    const hub = new LiveHub(T0);
    const first = joined(hub, ["runs"]);
    hub.publish(rows(0, 5), true, T0);
    const { seq } = first.news()[3];
    hub.left(first, T0);
    hub.publish(rows(5, 7), true, T0 + 30_000);

    const again = joined(hub, [], T0 + 30_000);
    say(hub, again, { subscribe: ["runs"], after: seq }, T0 + 30_000);

    const [subscribed, ...told] = again.news();
    expect(subscribed).toEqual({ subscribed: ["runs"], seq });
    expect(told.map(({ row: { n } }) => n)).toEqual([3, 4, 5, 6]);
  });

  it.each([
    ["older than what it holds", -1],
    ["that it has never given out", 1_000_000],
  ])("tells of a reset when a number is %s", (_, difference) => {
    const hub = new LiveHub(T0);
    joined(hub, ["runs"]);
    const peer = joined(hub);
    hub.publish([row(1)], true, T0 + 1_000);

    const after = T0 * 1_000 + difference * 10_000;
    say(hub, peer, { subscribe: ["runs"], after }, T0 + 5_000);

    expect(peer.news()).toMatchObject([
      { subscribed: ["runs"] },
      { reset: true, seq: (T0 + 1_000) * 1_000 },
    ]);
    hub.publish([row(2)], true, T0 + 5_000);
    expect(peer.news()).toMatchObject([{ row: { n: 2 } }]);
  });

  it("tells everybody of a reset when rows were lost on the way", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, ["runs"]);
    hub.publish([row(1)], true, T0);
    peer.news();

    hub.publish([row(3)], false, T0);

    expect(peer.news()).toMatchObject([{ reset: true }, { row: { n: 3 } }]);
  });

  it("begins a little in the past, for lists that are a second behind", () => {
    const hub = new LiveHub(T0);
    joined(hub, ["runs"]);
    hub.publish([row(1)], true, T0);
    hub.publish([row(2)], true, T0 + 9_000);

    const peer = joined(hub, ["runs"], T0 + 10_000);

    expect(peer.news()).toMatchObject([{ subscribed: ["runs"] }, { row: { n: 2 } }]);
  });

  it("sends no more than the window to a watcher that acknowledges nothing", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, ["runs"]);
    peer.news();
    hub.publish(rows(0, 2_500), true, T0);
    const first = peer.news();
    hub.publish(rows(2_500, 2_600), true, T0);
    expect([first.length, peer.news().length]).toEqual([1_000, 0]);

    say(hub, peer, { ack: first[499].seq });
    const then = peer.news();

    expect(then.map(({ row: { n } }) => n)).toEqual(
      Array.from({ length: 500 }, (_, i) => 1_000 + i),
    );
  });

  it("tells a watcher of a reset that acknowledges after the ring has moved past it", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, ["runs"]);
    hub.publish(rows(0, 12_000), true, T0);
    const last = peer.news().at(-1);

    say(hub, peer, { ack: last.seq });

    const [reset, ...then] = peer.news();
    expect(reset).toMatchObject({ reset: true });
    expect(then[0]).toMatchObject({ seq: reset.seq + 1, row: { n: 2_000 } });
  });

  it("waits for a socket that has too much to write", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, ["runs"]);
    peer.news();
    peer.isClogged = true;
    hub.publish(rows(0, 3), true, T0);
    expect(peer.news()).toEqual([]);

    peer.isClogged = false;
    hub.pump(peer, T0);

    expect(peer.news()).toMatchObject([{ row: { n: 0 } }, { row: { n: 1 } }, { row: { n: 2 } }]);
  });

  it("answers a ping", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub);

    hub.message(peer, "ping", T0);

    expect(peer.news()).toEqual(["pong"]);
  });
});

describe("a message that is none", () => {
  it.each([
    ["no JSON", "{", "body.not_json"],
    ["no text", null, "request.invalid"],
    ["too long", `{"subscribe":["${"x".repeat(4_096)}"]}`, "body.too_large"],
    ["an unknown topic", '{"subscribe":["tokens"]}', "request.invalid"],
    ["a topic of no run", '{"subscribe":["workflow-run:"]}', "request.invalid"],
    ["no topics", '{"subscribe":[]}', "request.invalid"],
    ["too many topics", JSON.stringify({ subscribe: topicsOf(33) }), "request.invalid"],
    ["two wishes", '{"ack":1,"subscribe":["runs"]}', "request.invalid"],
    ["a number that is none", '{"ack":-1}', "request.invalid"],
    ["a number beyond all", '{"ack":1e300}', "request.invalid"],
    ["an unknown field", '{"subscribe":["runs"],"from":1}', "request.invalid"],
    ["nothing", "", "body.not_json"],
  ])("is told so and ends the socket: %s", (_, text, code) => {
    const hub = new LiveHub(T0);
    const peer = joined(hub);

    hub.message(peer, text, T0);

    expect(peer.news()).toMatchObject([{ error: { code, detail: expect.any(String) } }]);
    expect(peer.closed).toMatchObject({ code: 1_008 });
    expect(hub.size).toBe(0);
  });

  it("is one that asks for too many topics in all", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, topicsOf(32));
    peer.news();

    say(hub, peer, { subscribe: ["runs"] });

    expect(peer.news()).toMatchObject([{ error: { code: "quota.exceeded" } }]);
    expect(peer.closed).toMatchObject({ code: 1_008 });
  });

  it("is one that wants to go back in time while it watches", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, ["runs"]);
    peer.news();

    say(hub, peer, { subscribe: ["jobs"], after: 1 });

    expect(peer.news()).toMatchObject([{ error: { code: "request.invalid" } }]);
  });

  it("is one too many", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub);
    for (let i = 0; i <= 6_000; i++) say(hub, peer, { ack: 0 });

    expect(peer.news()).toMatchObject([{ error: { code: "rate.limited" } }]);
    expect(peer.closed).toMatchObject({ code: 1_008 });
  });
});

describe("the life of a hub", () => {
  it("is watched while somebody is there, and a minute longer", () => {
    const hub = new LiveHub(T0);
    expect(hub.isWatched(T0)).toBe(false);
    const peer = joined(hub);
    hub.left(peer, T0 + 1_000);

    expect(hub.isWatched(T0 + 60_999)).toBe(true);
    expect(hub.isWatched(T0 + 61_000)).toBe(false);
  });

  it("keeps nothing while nobody watches, and says so", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, ["runs"]);
    hub.publish([row(1)], true, T0);
    const { seq } = peer.news()[1];
    hub.left(peer, T0);

    expect(hub.publish([row(2)], true, T0 + 60_000)).toBe(false);

    const again = joined(hub, [], T0 + 60_000);
    say(hub, again, { subscribe: ["runs"], after: seq }, T0 + 60_000);
    expect(again.news()).toMatchObject([{ subscribed: ["runs"] }, { reset: true }]);
  });

  it("sends nothing to a socket whose time is over, and closes it", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub, ["runs"]);
    peer.news();

    hub.publish([row(1)], true, UNTIL_MS);

    expect(peer.news()).toEqual([]);
    expect(peer.closed).toMatchObject({ code: 4_401 });
  });

  it("closes a silent socket whose time is over when it is swept", () => {
    const hub = new LiveHub(T0);
    const peer = joined(hub);

    hub.sweep(UNTIL_MS - 1);
    expect(peer.closed).toBeNull();
    hub.sweep(UNTIL_MS);
    expect(peer.closed).toMatchObject({ code: 4_401 });
  });

  it("goes on with its sockets after it lost its memory", () => {
    const before = new LiveHub(T0);
    const peer = joined(before, ["runs"]);
    before.publish(rows(0, 3), true, T0);
    const lastSeq = peer.news().at(-1).seq;
    const after = new LiveHub(T0 - 5_000, lastSeq);
    if (peer.kept !== null) after.restore(peer, peer.kept, T0 - 5_000);

    after.publish([row(3)], true, T0 - 5_000);

    expect(peer.news()).toEqual([{ topic: "runs", seq: lastSeq + 1, row: { n: 3 } }]);
  });

  it("tells a socket of a reset that was owed rows when it lost its memory", () => {
    const before = new LiveHub(T0);
    const peer = joined(before, ["runs"]);
    before.publish(rows(0, 1_200), true, T0);
    const lastSeq = peer.news().at(-1).seq;
    const after = new LiveHub(T0 + 20_000);
    if (peer.kept !== null) after.restore(peer, peer.kept, T0 + 20_000);
    expect(peer.news()).toEqual([]);

    say(after, peer, { ack: lastSeq }, T0 + 20_000);

    expect(peer.news()).toEqual([{ reset: true, seq: (T0 + 20_000) * 1_000 }]);
  });
});
