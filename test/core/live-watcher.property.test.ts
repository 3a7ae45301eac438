import fc from "fast-check";
import { expect, test } from "vitest";
import { LIVE_RING_LIMITS, LiveRing } from "../../src/core/live-ring.ts";
import { LIVE_WATCHER_LIMITS, LiveWatcher } from "../../src/core/live-watcher.ts";

const NOW_MS = 1_790_000_000_000;
const TOPICS = ["runs", "jobs", "workflow-run:wr_1"] as const;
const { windowRows } = LIVE_WATCHER_LIMITS;

type Play =
  | { readonly do: "publish"; readonly topic: number; readonly rows: number }
  | { readonly do: "serve"; readonly take: number }
  | { readonly do: "ack" }
  | { readonly do: "cut" }
  | { readonly do: "hibernate" }
  | { readonly do: "break" }
  | { readonly do: "pass"; readonly ms: number };

const rows = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: 500, max: LIVE_RING_LIMITS.entriesMax + 50 }) },
);
const plays: fc.Arbitrary<readonly Play[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("publish" as const), topic: fc.nat(2), rows }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("serve" as const),
        take: fc.oneof(fc.nat(20), fc.constant(Number.MAX_SAFE_INTEGER)),
      }),
    },
    { weight: 3, arbitrary: fc.constant({ do: "ack" as const }) },
    { weight: 2, arbitrary: fc.constant({ do: "cut" as const }) },
    { weight: 2, arbitrary: fc.constant({ do: "hibernate" as const }) },
    { weight: 1, arbitrary: fc.constant({ do: "break" as const }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("pass" as const),
        ms: fc.integer({ min: -50, max: 500 }),
      }),
    },
  ),
  { maxLength: 60 },
);

/** A hub with one watcher, and what its client knows. Whatever the client is told is checked at once. */
class World {
  nowMs = NOW_MS;
  ring = new LiveRing(NOW_MS);
  watcher = new LiveWatcher(this.ring.last);
  readonly topics: readonly string[];
  /** All rows of its topics that were ever published and that the client has neither got nor given up. */
  owed: number[] = [];
  /** The last number that the client has read. */
  read = this.ring.last;
  unacked = 0;
  resets = 0;
  mayReset = false;
  received = 0;

  constructor(topics: readonly string[]) {
    this.topics = topics;
    this.watcher.subscribe(topics);
  }

  play(play: Play): void {
    if (play.do === "publish") this.#publish(TOPICS[play.topic] ?? "runs", play.rows);
    else if (play.do === "serve") this.serve(play.take);
    else if (play.do === "ack") this.ack();
    else if (play.do === "cut") this.#cut();
    else if (play.do === "hibernate") this.#hibernate();
    else if (play.do === "break") this.#break();
    else this.nowMs += play.ms;
  }

  serve(take: number): void {
    let left = take;
    for (const news of this.watcher.next(this.ring)) {
      if (news.kind === "reset") {
        expect(this.mayReset).toBe(true);
        this.resets++;
        this.mayReset = false;
        this.read = news.seq;
        this.owed = [];
      } else {
        expect(this.topics).toContain(news.entry.topic);
        // Neither lost, nor doubled, nor out of order: it is the very next row that is owed.
        expect(news.entry.seq).toBe(this.owed.shift());
        this.read = news.entry.seq;
        this.unacked++;
        this.received++;
      }
      expect(this.unacked).toBeLessThanOrEqual(windowRows);
      if (--left <= 0) return;
    }
  }

  ack(): void {
    this.watcher.acknowledge(this.read);
    this.unacked = 0;
    expect(this.watcher.unacked).toBe(0);
  }

  #publish(topic: string, count: number): void {
    for (let i = 0; i < count; i++) {
      const { seq } = this.ring.push(topic, "{}", this.nowMs);
      if (this.topics.includes(topic)) this.owed.push(seq);
      if (i % 1_000 === 0) this.watcher.skip(this.ring);
    }
    this.watcher.skip(this.ring);
    // What the ring has let go of cannot be told any more.
    if ((this.owed[0] ?? Infinity) <= this.ring.floor) this.mayReset = true;
  }

  /** The socket breaks, and the client comes again with what it has read. */
  #cut(): void {
    this.watcher = new LiveWatcher(this.ring.last);
    this.watcher.subscribe(this.topics);
    this.watcher.goOnAfter(this.read);
    this.unacked = 0;
    // Rows of other topics may have pushed out the number itself.
    if (!this.ring.vouchesFor(this.read)) this.mayReset = true;
  }

  /** The hub loses its memory, as one does that has sent all that it may. */
  #hibernate(): void {
    this.serve(Number.MAX_SAFE_INTEGER);
    const kept = structuredClone(this.watcher.kept(this.ring));
    expect(kept.isCaughtUp).toBe(this.owed.length === 0);
    if (!kept.isCaughtUp) this.mayReset = true;
    this.ring = new LiveRing(this.nowMs, this.ring.last);
    this.watcher = LiveWatcher.restored(kept, this.ring);
    expect(this.watcher.unacked).toBe(this.unacked);
  }

  #break(): void {
    this.ring.breakOff(this.nowMs);
    this.mayReset = true;
  }
}

test("a watcher gets every row of its topics once and in order, or is told that it may have missed some", () => {
  let received = 0;
  let resets = 0;
  fc.assert(
    fc.property(fc.subarray([...TOPICS], { minLength: 1 }), plays, (topics, story) => {
      const world = new World(topics);
      for (const play of story) world.play(play);
      // In the end everything arrives, if it is read.
      for (let rounds = 0; rounds <= LIVE_RING_LIMITS.entriesMax / windowRows + 1; rounds++) {
        world.ack();
        world.serve(Number.MAX_SAFE_INTEGER);
      }
      expect(world.owed).toEqual([]);
      received += world.received;
      resets += world.resets;
    }),
    { numRuns: 300 },
  );
  // The stories must reach what is tested.
  expect(received).toBeGreaterThan(10_000);
  expect(resets).toBeGreaterThan(50);
});

test("a watcher that acknowledges nothing gets its window, and then nothing", () => {
  const ring = new LiveRing(NOW_MS);
  const watcher = new LiveWatcher(ring.last);
  watcher.subscribe(["runs"]);
  for (let i = 0; i < 3 * windowRows; i++) ring.push("runs", "{}", NOW_MS);

  const first = [...watcher.next(ring)];
  const then = [...watcher.next(ring)];
  const at = first[499];
  if (at?.kind === "row") watcher.acknowledge(at.entry.seq);

  expect([first.length, then.length]).toEqual([windowRows, 0]);
  expect([...watcher.next(ring)]).toHaveLength(500);
});

test("a watcher that comes back too late is told of a reset once, and goes on", () => {
  const ring = new LiveRing(NOW_MS);
  const watcher = new LiveWatcher(ring.last);
  watcher.subscribe(["runs"]);
  for (let i = 0; i < windowRows; i++) ring.push("runs", "{}", NOW_MS);
  expect([...watcher.next(ring)]).toHaveLength(windowRows);
  const read = ring.last;
  for (let i = 0; i <= LIVE_RING_LIMITS.entriesMax; i++) ring.push("runs", "{}", NOW_MS);
  expect([...watcher.next(ring)]).toEqual([]);

  watcher.acknowledge(read);

  expect([...watcher.next(ring)]).toEqual([{ kind: "reset", seq: ring.last }]);
  const entry = ring.push("runs", "{}", NOW_MS);
  expect([...watcher.next(ring)]).toEqual([{ kind: "row", entry }]);
});
