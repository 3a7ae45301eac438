import fc from "fast-check";
import type { Json } from "../../src/core/json.ts";
import type { EndedState } from "../../src/core/run.ts";

type Action = "approve" | "reject" | "skip" | "succeed";

/** One thing that happens; numbers pick from what there is at that moment. */
export type Move = { readonly afterMs: number } & (
  | {
      readonly kind: "end";
      readonly pick: number;
      readonly state: EndedState;
      readonly output: Json;
      readonly context: { readonly [key: string]: Json } | null;
    }
  /** The end of a part that has ended before, or of one that never was. */
  | { readonly kind: "stale"; readonly pick: number; readonly state: EndedState }
  /** So many live parts succeed, one after the other. */
  | { readonly kind: "go on"; readonly count: number }
  /** `dueMs` comes, or so much later or earlier. */
  | { readonly kind: "due"; readonly shiftMs: number }
  | { readonly kind: "event"; readonly name: string; readonly data: Json }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "cancel" }
  /** The machine is made anew from what was stored. */
  | { readonly kind: "restore" }
  /** A pick beyond the steps is a name that there is not; null is no step. */
  | { readonly kind: "retry"; readonly pick: number | null }
  | {
      readonly kind: "decide";
      readonly pick: number;
      readonly action: Action;
      readonly result: Json;
    }
);

const OUTPUTS: readonly Json[] = [
  { a: 1 },
  { a: 3 },
  { a: 3, b: [1, 2] },
  { b: "x", c: null },
  null,
  5,
  "text",
  [{ v: 9 }, { v: 8 }],
  [],
];
const LONG = "x".repeat(400_000);
const CONTEXTS: readonly { readonly [key: string]: Json }[] = [
  { k: 1 },
  { k: 2, other: "o" },
  { k: "text" },
  { long: "c".repeat(40_000) },
  { longer: "c".repeat(40_000) },
];
const PICK = fc.nat({ max: 60 });

const aPickOrNone: fc.Arbitrary<number | null> = fc.option(PICK, { freq: 2 });

const anOutput = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...OUTPUTS) },
  { weight: 1, arbitrary: fc.constantFrom<Json>({ long: LONG }, LONG) },
);
const aContext = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.constantFrom(...CONTEXTS) },
);
const aResult = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...OUTPUTS) },
  { weight: 1, arbitrary: fc.constant("r".repeat(1_000_000)) },
);
const aState = fc.oneof(
  { weight: 12, arbitrary: fc.constant<EndedState>("succeeded") },
  { weight: 4, arbitrary: fc.constantFrom<EndedState>("failed", "timed_out", "lost", "canceled") },
);
const anEventData = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom<Json>({ v: 1 }, { v: 2 }, { v: true }, null, 7) },
  { weight: 1, arbitrary: fc.constant("e".repeat(65_536)) },
);

type Happening = Move extends infer M ? (M extends Move ? Omit<M, "afterMs"> : never) : never;
type Weighted = { readonly weight: number; readonly arbitrary: fc.Arbitrary<Happening> };

const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);

/** How often each kind of move is drawn. */
const WEIGHTED: readonly Weighted[] = [
  {
    weight: 14,
    arbitrary: fc.record({
      kind: kind("end"),
      pick: PICK,
      state: aState,
      output: anOutput,
      context: aContext,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind("stale"), pick: PICK, state: aState }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind("go on"), count: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: kind("due"),
      shiftMs: fc.constantFrom(0, 0, 0, -1, 7_000, 60_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kind("event"),
      name: fc.constantFrom("paid", "sent"),
      data: anEventData,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind("pause") }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("resume") }) },
  { weight: 4, arbitrary: fc.record({ kind: kind("restore") }) },
  { weight: 1, arbitrary: fc.record({ kind: kind("cancel") }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: kind("retry"), pick: aPickOrNone }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind("decide"),
      pick: PICK,
      action: fc.constantFrom<Action>("approve", "approve", "reject", "skip", "succeed"),
      result: aResult,
    }),
  },
];

export function aMove(): fc.Arbitrary<Move> {
  return fc
    .tuple(fc.nat({ max: 6 }), fc.oneof(...WEIGHTED))
    .map(([halfSeconds, happening]) => ({ ...happening, afterMs: halfSeconds * 500 }));
}
