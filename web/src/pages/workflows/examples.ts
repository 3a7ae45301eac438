import type { Json } from "../../../../src/core/json.ts";

/** A workflow that runs on every host without an executor: it sleeps, asks, and is done. */
export const EXAMPLE_EMPTY: Json = {
  description: "Waits, then asks somebody.",
  steps: [
    { name: "wait", sleep: "1s" },
    { name: "ok?", after: ["wait"], approval: { timeout: "1d" } },
    { name: "done", after: ["ok?"] },
  ],
};

const WEBHOOK = { url: "https://example.com/hook" } as const;

/** Workflows to begin with, by the key of their name in the texts of the editor. */
export const EXAMPLES = {
  linear: {
    description: "One step after the other.",
    params: { day: "monday" },
    steps: [
      { name: "extract", run: WEBHOOK, params: { day: "${params.day}" } },
      {
        name: "transform",
        after: ["extract"],
        run: WEBHOOK,
        params: { rows: "${steps.extract.output}" },
        retry: { max: 3 },
      },
      { name: "load", after: ["transform"], run: WEBHOOK, timeout: "5m" },
    ],
  },
  fan: {
    description: "Two branches side by side, and then one step for both.",
    steps: [
      { name: "extract", run: WEBHOOK },
      { name: "orders", after: ["extract"], run: WEBHOOK },
      { name: "users", after: ["extract"], run: WEBHOOK },
      { name: "load", after: ["orders", "users"], join: "all", run: WEBHOOK },
    ],
  },
  map: {
    description: "The same for each item of a list.",
    params: { files: ["a.csv", "b.csv", "c.csv"] },
    steps: [
      {
        name: "each",
        map: { over: "${params.files}", concurrencyMax: 2 },
        run: WEBHOOK,
        params: { file: "${item}", place: "${index}" },
      },
      { name: "report", after: ["each"], when: "size(steps.each.output) > 0", run: WEBHOOK },
    ],
  },
  approval: {
    description: "A person decides whether it goes on.",
    steps: [
      { name: "prepare", run: WEBHOOK },
      { name: "ok?", after: ["prepare"], approval: { timeout: "1d", onTimeout: "reject" } },
      {
        name: "publish",
        after: ["ok?"],
        run: WEBHOOK,
        compensate: { run: { url: "https://example.com/undo" } },
      },
    ],
  },
  nested: {
    description: "A step that is another workflow, and one that waits for an event.",
    on: [{ event: "order" }],
    steps: [
      { name: "pay", workflow: "payment", params: { order: "${params.event.data}" } },
      { name: "paid", after: ["pay"], waitFor: { event: "paid", timeout: "1d" } },
      { name: "send", after: ["paid"], run: WEBHOOK },
    ],
  },
} as const satisfies Readonly<Record<string, Json>>;

export type ExampleKey = keyof typeof EXAMPLES;
