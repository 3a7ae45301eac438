/** Goal: the handlers of the example of a workflow do what its steps hand on to each other. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { workflowBody } from "../../src/api/workflow-schema.ts";
import { aStep } from "../support/deliveries.ts";
import { etlHandlers, type Begun } from "../support/examples/etl-handlers.ts";
import { carry, FakeScheduler } from "../support/fake-scheduler.ts";

/** Delivers a step of the example, and returns what it is answered and what it noted. */
async function work(handler: string, params: object, step: Parameters<typeof aStep>[0] = {}) {
  const scheduler = new FakeScheduler();
  const begun: Begun[] = [];
  const handlers = etlHandlers({
    onBegin: (delivery) => void begun.push(delivery),
    work: () => Promise.resolve(),
  });
  const workflow = aStep(step);
  const delivery = scheduler.delivery({ handler, params: { ...params }, workflow });
  const response = await carry(scheduler.executor({ handlers }), delivery);
  return { body: await response.json(), begun };
}

it("extract gives the files of the day, and shares which batch it is", async () => {
  const { body, begun } = await work("extract", { day: "mon", files: 2 }, { revision: 3 });

  expect(body).toEqual({
    result: { files: ["mon-1.csv", "mon-2.csv"], rows: 200 },
    context: { batch: "mon/3" },
  });
  expect(begun).toEqual([
    {
      handler: "extract",
      run: "run_019aa3c1d2007abc8def0123456789ab03",
      attempt: 1,
      workflow: {
        run: aStep().run,
        step: "extract",
        revision: 3,
        part: null,
        isCompensation: false,
      },
    },
  ]);
});

it.each([
  ["clean", { part: "b", rows: 200 }, { part: 1 }, { b: "clean", rows: 200 }],
  [
    "load",
    { file: "a.csv", batch: "mon/1" },
    { part: 4 },
    { file: "a.csv", batch: "mon/1", at: 4 },
  ],
  ["publish", { items: [1, 2, 3] }, {}, { published: 3 }],
  ["compensate", {}, { isCompensation: true }, { undone: "extract" }],
])("%s with %j gives what the next step reads", async (handler, params, step, result) => {
  const { body, begun } = await work(handler, params, step);

  expect(body).toEqual({ result });
  expect(begun).toMatchObject([{ handler, workflow: step }]);
});

it.each([
  ["extract", {}],
  ["extract", { day: "mon", files: 10_001 }],
  ["clean", { part: 7 }],
])("%s does not try again with %j", async (handler, params) => {
  const { body, begun } = await work(handler, params);

  expect(body).toMatchObject({ retry: false });
  expect(begun).toHaveLength(1);
});

it.each(["etl", "publish"])(
  "%s.json is a definition, and its steps call these handlers",
  (name) => {
    const text = readFileSync(`test/support/examples/${name}.json`, "utf8");
    const handlers = Object.keys(etlHandlers({ onBegin: () => undefined, work: async () => {} }));

    expect(workflowBody.parse(JSON.parse(text))).toMatchObject({ name });
    for (const [, handler] of text.matchAll(/"handler": "(\w+)"/g))
      expect(handlers).toContain(handler);
  },
);
