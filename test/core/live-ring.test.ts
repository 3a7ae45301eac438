import { describe, expect, it } from "vitest";
import { LIVE_RING_LIMITS, LiveRing } from "../../src/core/live-ring.ts";

const NOW_MS = 1_790_000_000_000;

describe("a ring of rows", () => {
  it("numbers rows by the clock, and upwards within a millisecond", () => {
    const ring = new LiveRing(NOW_MS);

    const seqs = [NOW_MS, NOW_MS, NOW_MS + 1].map((nowMs) => ring.push("runs", "{}", nowMs).seq);

    expect(seqs).toEqual([NOW_MS * 1_000 + 1, NOW_MS * 1_000 + 2, NOW_MS * 1_000 + 1_000]);
  });

  it("goes on upwards when the clock steps back", () => {
    const ring = new LiveRing(NOW_MS);
    const before = ring.push("runs", "{}", NOW_MS + 60_000).seq;

    expect(ring.push("runs", "{}", NOW_MS).seq).toBe(before + 1);
    expect(new LiveRing(NOW_MS, before + 1).last).toBe(before + 1);
  });

  it("vouches for what it holds, and neither for what it let go nor for what it never gave out", () => {
    const ring = new LiveRing(NOW_MS);
    const begin = ring.last;
    const first = ring.push("runs", "{}", NOW_MS).seq;
    for (let i = 0; i < LIVE_RING_LIMITS.entriesMax; i++) ring.push("runs", "{}", NOW_MS);

    expect(ring.size).toBe(LIVE_RING_LIMITS.entriesMax);
    expect(ring.vouchesFor(begin)).toBe(false);
    expect(ring.vouchesFor(first)).toBe(true);
    expect(ring.vouchesFor(ring.last)).toBe(true);
    expect(ring.vouchesFor(ring.last + 1)).toBe(false);
    expect([...ring.after(ring.last - 2)]).toHaveLength(2);
  });

  it("is bounded by characters", () => {
    const ring = new LiveRing(NOW_MS);
    const text = "x".repeat(LIVE_RING_LIMITS.charsMax / 4);
    for (let i = 0; i < 9; i++) ring.push("runs", text, NOW_MS);

    expect(ring.size).toBe(4);
    ring.push("runs", `${text}${text}${text}${text}x`, NOW_MS);
    expect([ring.size, ring.floor]).toEqual([0, ring.last]);
  });

  it("vouches for nobody's past after a break", () => {
    const ring = new LiveRing(NOW_MS);
    const { seq } = ring.push("runs", "{}", NOW_MS);

    ring.breakOff(NOW_MS);

    expect(ring.vouchesFor(seq)).toBe(false);
    expect(ring.vouchesFor(ring.last)).toBe(true);
    expect(ring.size).toBe(0);
  });

  it("tells where to begin to have the rows of some time ago", () => {
    const ring = new LiveRing(NOW_MS);
    ring.push("runs", "1", NOW_MS + 1_000);
    ring.push("runs", "2", NOW_MS + 2_000);
    const textsSince = (ms: number): string[] =>
      Array.from(ring.after(ring.since(ms)), ({ text }) => text);

    expect(textsSince(NOW_MS - 5_000)).toEqual(["1", "2"]);
    expect(textsSince(NOW_MS + 1_500)).toEqual(["2"]);
    expect(textsSince(NOW_MS + 9_000)).toEqual([]);
  });
});
