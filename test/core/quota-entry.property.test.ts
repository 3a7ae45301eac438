import fc from "fast-check";
import { expect, test } from "vitest";
import {
  begunEntry,
  endedEntry,
  foundEntry,
  lookedEntry,
  type QuotaEntry,
  type QuotaOutcome,
} from "../../src/core/quota-entry.ts";

const VERSION = 3;
const HANDS = 4;

/** What somebody does who is at one name: begins, acts on the object, and tells what came of it, or dies before. */
interface Hand {
  readonly kind: "create" | "delete";
  outcome: QuotaOutcome | null;
}

const move = fc.record({
  hand: fc.nat(HANDS - 1),
  kind: fc.constantFrom("create", "delete"),
  isRefused: fc.boolean(),
  isLost: fc.boolean(),
});

/** One name, its object, and those who are at it. */
class Played {
  entry: QuotaEntry | null;
  isThere: boolean;
  readonly hands = new Map<number, Hand>();

  constructor(isThere: boolean, isKnown: boolean) {
    this.isThere = isThere;
    const found = isThere || isKnown ? foundEntry() : null;
    this.entry = found;
  }

  /** Begins, acts and ends one after the other; between two steps of a hand others may do theirs. */
  step(hand: number, kind: Hand["kind"], isRefused: boolean): void {
    const at = this.hands.get(hand);
    if (at === undefined) {
      this.entry = begunEntry(this.entry, VERSION, 1);
      this.hands.set(hand, { kind, outcome: null });
    } else if (at.outcome === null) at.outcome = this.#act(at.kind, isRefused);
    else {
      this.entry = endedEntry(this.entry, at.outcome, VERSION);
      this.hands.delete(hand);
    }
  }

  #act(kind: Hand["kind"], isRefused: boolean): QuotaOutcome {
    if (isRefused || (kind === "create" && this.isThere)) return "unchanged";
    this.isThere = kind === "create";
    return kind === "create" ? "exists" : "absent";
  }

  get isCounted(): boolean {
    return this.entry !== null;
  }

  get isSure(): boolean {
    return this.entry?.sureOf === VERSION;
  }
}

test("an object that is there always counts, and what is sure is there", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.array(move, { maxLength: 60 }), (a, b, moves) => {
      const played = new Played(a, b);
      for (const { hand, kind, isRefused } of moves) {
        played.step(hand, kind, isRefused);
        if (played.isThere) expect(played.isCounted).toBe(true);
        if (played.isSure && played.hands.size === 0) expect(played.isThere).toBe(true);
      }
    }),
    { numRuns: 5_000 },
  );
});

test("what those leave behind who died counts until somebody looks, and then only if it is there", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(move, { maxLength: 40 }), (isThere, moves) => {
      const played = new Played(isThere, false);
      for (const { hand, kind, isRefused, isLost } of moves) {
        if (isLost && played.hands.get(hand)?.outcome === null) played.hands.delete(hand);
        else played.step(hand, kind, isRefused);
        if (played.isThere) expect(played.isCounted).toBe(true);
      }
      const { entry } = played;
      const looked = entry === null ? null : lookedEntry(entry, played.isThere, VERSION);

      expect(looked !== null).toBe(played.isThere);
      expect(looked?.holders ?? 0).toBe(0);
    }),
    { numRuns: 5_000 },
  );
});

test("alone at a name, each is sure of what came of it", () => {
  const created = endedEntry(begunEntry(null, VERSION, 1), "exists", VERSION);
  const refused = endedEntry(begunEntry(null, VERSION, 1), "unchanged", VERSION);
  const again = endedEntry(begunEntry(created, VERSION, 2), "unchanged", VERSION);
  const gone = endedEntry(begunEntry(again, VERSION, 3), "absent", VERSION);
  const lost = endedEntry(begunEntry(null, VERSION, 1), "unknown", VERSION);

  expect([created?.sureOf, again?.sureOf, lost?.sureOf]).toEqual([VERSION, VERSION, 0]);
  expect([refused, gone]).toEqual([null, null]);
});

test("an end that comes late, after somebody has looked, leaves the name in doubt", () => {
  const begun = begunEntry(null, VERSION, 1);
  const looked = lookedEntry(begun, true, VERSION);

  expect(endedEntry(null, "exists", VERSION)).toEqual(foundEntry());
  expect(endedEntry(null, "absent", VERSION)).toBeNull();
  expect(endedEntry(looked, "absent", VERSION)?.sureOf).toBe(0);
  expect(endedEntry(looked, "unchanged", VERSION)?.sureOf).toBe(VERSION);
});
