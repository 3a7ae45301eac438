import fc from "fast-check";
import { expect, test } from "vitest";
import { LIVE_RING_LIMITS, LiveRing } from "../../src/core/live-ring.ts";
import { LIVE_WATCHER_LIMITS, LiveWatcher } from "../../src/core/live-watcher.ts";
import { LIVE_TOPICS, LiveWorld, type LivePlay } from "../support/live-world.ts";

const NOW_MS = 1_790_000_000_000;
const { windowRows } = LIVE_WATCHER_LIMITS;

const rows = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 1, arbitrary: fc.integer({ min: 500, max: LIVE_RING_LIMITS.entriesMax + 50 }) },
);
const plays: fc.Arbitrary<readonly LivePlay[]> = fc.array(
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

test("a watcher gets every row of its topics once and in order, or is told that it may have missed some", () => {
  let received = 0;
  let resets = 0;
  fc.assert(
    fc.property(fc.subarray([...LIVE_TOPICS], { minLength: 1 }), plays, (topics, story) => {
      const world = new LiveWorld(topics);
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
    { numRuns: 120 },
  );
  // The stories must reach what is tested.
  expect(received).toBeGreaterThan(10_000);
  expect(resets).toBeGreaterThan(20);
});

test("a watcher that acknowledges nothing gets its window, and then nothing", () => {
  const ring = new LiveRing(NOW_MS);
  const watcher = new LiveWatcher(ring.last);
  watcher.subscribe(["runs"]);
  for (let i = 0; i < 3 * windowRows; i++) ring.push("runs", "{}", NOW_MS);

  const first = [...watcher.next(ring, ring.last)];
  const then = [...watcher.next(ring, ring.last)];
  const at = first[499];
  if (at?.kind === "row") watcher.acknowledge(at.entry.seq);

  expect([first.length, then.length]).toEqual([windowRows, 0]);
  expect([...watcher.next(ring, ring.last)]).toHaveLength(500);
});

test("a watcher that comes back too late is told of a reset once, and goes on", () => {
  const ring = new LiveRing(NOW_MS);
  const watcher = new LiveWatcher(ring.last);
  watcher.subscribe(["runs"]);
  for (let i = 0; i < windowRows; i++) ring.push("runs", "{}", NOW_MS);
  expect([...watcher.next(ring, ring.last)]).toHaveLength(windowRows);
  const read = ring.last;
  for (let i = 0; i <= LIVE_RING_LIMITS.entriesMax; i++) ring.push("runs", "{}", NOW_MS);
  expect([...watcher.next(ring, ring.last)]).toEqual([]);

  watcher.acknowledge(read);

  expect([...watcher.next(ring, ring.last)]).toEqual([{ kind: "reset", seq: ring.last }]);
  const entry = ring.push("runs", "{}", NOW_MS);
  expect([...watcher.next(ring, ring.last)]).toEqual([{ kind: "row", entry }]);
});
