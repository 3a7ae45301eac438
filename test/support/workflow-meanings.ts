import type { Json } from "../../src/core/json.ts";
import type { WorkflowEvent, WorkflowRun } from "../../src/core/workflow-run.ts";

/** What an expression may read; `event` only in a match, `item` and `index` only in a map. */
export interface Scope extends Pick<WorkflowRun, "params" | "context"> {
  readonly steps: { readonly [name: string]: { readonly output: Json; readonly outputs: Json } };
  readonly item?: Json;
  readonly index?: number;
  readonly event?: WorkflowEvent;
}

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

/** The CEL texts of all cases, and what each means: a function that gives nothing where CEL has an error. */
const MEANINGS = new Map<string, (scope: Scope) => Json | undefined>([
  ...PLAIN,
  ...Array.from({ length: CASE_STEPS_MAX }, (_, i) => `s${i}`).flatMap(meaningsOfStep),
]);

/** A template with every `${…}` in it replaced; undefined where one has an error. */
export function meaningOf(template: Json, scope: Scope): Json | undefined {
  let hasError = false;
  const valueOf = (text: string): Json => {
    const value = MEANINGS.get(text)?.(scope);
    hasError ||= value === undefined;
    return value ?? null;
  };
  const rendered: Json = JSON.parse(JSON.stringify(template), (_, each: Json) =>
    typeof each === "string" ? textWith(each, valueOf) : each,
  );
  return hasError ? undefined : rendered;
}

/** A text that is only one `${…}` gives its value. */
function textWith(text: string, valueOf: (text: string) => Json): Json {
  const whole = /^\$\{([^}]*)\}$/.exec(text)?.[1];
  if (whole !== undefined) return valueOf(whole);
  return text.replaceAll(/\$\{([^}]*)\}/g, (_, each: string) => {
    const value = valueOf(each);
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}

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
