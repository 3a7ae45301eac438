import { describe, expect, test } from "vitest";
import { BlockedRuns, type Block } from "../../src/shard/blocked-runs.ts";

interface Waiting {
  readonly id: string;
  readonly nominalMs: number;
  readonly priority: number;
}

const KEY = "executor:default:billing";
const WHOLE: Block = { key: KEY, nodes: null, hostKeys: [], untilMs: null };

function waiting(count: number, blockOf: (i: number) => Block): BlockedRuns<Waiting> {
  const blocked = new BlockedRuns<Waiting>();
  for (let i = 0; i < count; i++)
    blocked.put({ id: `run_${i}`, nominalMs: i, priority: 0 }, blockOf(i));
  return blocked;
}

function ofNode(i: number): Block {
  const address = `https://n${i % 1_000}.example`;
  return { ...WHOLE, nodes: { name: address, address } };
}

/** Tries what there is to try; so many of the tries go well, and the next is in vain. */
function tried(blocked: BlockedRuns<Waiting>, places: readonly string[], block: Block): number {
  let tries = 0;
  for (let run = blocked.next(0); run !== undefined; run = blocked.next(0)) {
    const address = places[tries++];
    if (address === undefined) blocked.put(run, block);
    else {
      blocked.remove(run);
      blocked.took(KEY, address);
    }
  }
  return tries;
}

describe("among ten thousand blocked runs", () => {
  test("none is looked at before something has changed", () => {
    const blocked = waiting(10_000, () => WHOLE);

    expect(blocked.isOpen).toBe(false);
    expect([...blocked.priorities()]).toEqual([]);
    expect(blocked.next(0)).toBeUndefined();
  });

  test("one is looked at for each place that was given back", () => {
    const blocked = waiting(10_000, () => WHOLE);
    const places = ["a", "b", "c"];
    for (const address of places) blocked.freed(KEY, address);

    expect(tried(blocked, places, WHOLE)).toBe(3);
    expect(blocked.size).toBe(9_997);
  });

  test("one more is looked at where the places went to others", () => {
    const blocked = waiting(10_000, () => WHOLE);
    for (const address of ["a", "b", "c"]) blocked.freed(KEY, address);

    expect(tried(blocked, ["d"], WHOLE)).toBe(2);
    expect(blocked.isOpen).toBe(false);
  });

  test("those of one node are looked at when this one has a place, and no others", () => {
    const blocked = waiting(10_000, ofNode);
    const address = "https://n7.example";
    blocked.freed(KEY, address);

    expect(blocked.next(0)?.id).toBe("run_7");
    expect(tried(blocked, [address], ofNode(7))).toBe(1);
    expect(blocked.isOpen).toBe(false);
  });

  test("those that wait for a host are looked at when it has a place", () => {
    const shared = { name: "any", address: null };
    const block: Block = { key: KEY, nodes: shared, hostKeys: ["host:a", "host:b"], untilMs: null };
    const blocked = waiting(10_000, () => block);

    blocked.freed("host:b", "host:b");

    expect(tried(blocked, ["x", "y"], block)).toBe(3);
    expect(blocked.isOpen).toBe(false);
  });

  test("those that wait for a time are looked at when it has come", () => {
    const shared = { name: "any", address: null };
    const block: Block = { key: KEY, nodes: shared, hostKeys: [], untilMs: 5_000 };
    const blocked = waiting(10_000, () => block);
    expect(blocked.nextDueMs()).toBe(5_000);

    blocked.advance(5_000);

    expect(tried(blocked, [], { ...block, untilMs: 9_000 })).toBe(1);
    expect(blocked.nextDueMs()).toBe(9_000);
  });
});
