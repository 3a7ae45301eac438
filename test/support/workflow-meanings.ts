import type { Json } from "../../src/core/json.ts";
import type { Meanings, Scope } from "./workflow-model-step.ts";

/** Steps of a case are named `s0` to `s11`. */
export const CASE_STEPS_MAX = 12;

/** What every run of a case is given. */
export const CASE_PARAMS: { readonly [key: string]: Json } = {
  yes: true,
  no: false,
  n: 5,
  text: "t",
  items: [{ v: 1 }, { v: 2 }, 7, { v: 4 }, { v: 5 }],
  none: [],
  many: Array.from({ length: 10_001 }, () => 0),
  big: "b".repeat(262_200),
};
export const CASE_CONTEXT: { readonly [key: string]: Json } = { k: 0 };

const PLAIN: readonly (readonly [string, (scope: Scope) => Json | undefined])[] = [
  ...Object.keys(CASE_PARAMS).map(
    (key) => [`params.${key}`, ({ params }: Scope) => params[key]] as const,
  ),
  ["params.nope", () => undefined],
  ["context.k", ({ context }) => context["k"]],
  ["context.k > 1.0", ({ context }) => isMore(context["k"], 1)],
  ["item", ({ item }) => item],
  ["item.v", ({ item }) => fieldOf(item, "v")],
  ["index", ({ index }) => index],
  ["event.data.v == 1.0", ({ event }) => isSame(fieldOf(event?.data, "v"), 1)],
  ["event.data.v", ({ event }) => fieldOf(event?.data, "v")],
];

/** The CEL texts of all cases, and what each means. */
export const MEANINGS: Meanings = new Map([
  ...PLAIN,
  ...Array.from({ length: CASE_STEPS_MAX }, (_, i) => `s${i}`).flatMap(meaningsOfStep),
]);

function meaningsOfStep(name: string): typeof PLAIN {
  const outputOf = ({ steps }: Scope): Json | undefined => steps[name]?.output;
  return [
    [`steps.${name}.output`, outputOf],
    [`steps.${name}.output.a`, (scope) => fieldOf(outputOf(scope), "a")],
    [`steps.${name}.output.a > 2.0`, (scope) => isMore(fieldOf(outputOf(scope), "a"), 2)],
    [`steps.${name}.outputs`, ({ steps }) => steps[name]?.outputs],
  ];
}

function fieldOf(value: Json | undefined, key: string): Json | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value).find(([each]) => each === key)?.[1];
}

function isMore(value: Json | undefined, than: number): boolean | undefined {
  return typeof value === "number" ? value > than : undefined;
}

function isSame(value: Json | undefined, other: number): boolean | undefined {
  return value === undefined ? undefined : value === other;
}
