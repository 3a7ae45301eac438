import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OpenApi } from "../support/open-api.ts";
import {
  aStep,
  aWorkflow,
  started,
  stepOf,
  view,
  WORKFLOW_RUNS,
  WORKFLOWS,
} from "../support/workflow-api.ts";

const EVENTS = "/api/v1/events";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start({ shards: 8 });
});
afterEach(() => open.close());

const listening = (name: string, changes: Readonly<Record<string, unknown>> = {}) =>
  open.ask("POST", WORKFLOWS, { body: aWorkflow({ name, on: [{ event: "paid" }], ...changes }) });

describe("an event", () => {
  it("starts every workflow that waits for it, wherever it is", async () => {
    for (const name of ["a", "b", "c", "d"])
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      await listening(name);
    await listening("dear", { on: [{ event: "paid", when: "event.data.cents > 100.0" }] });

    const got = await open.ask("POST", EVENTS, { body: { name: "paid", data: { cents: 5 } } });
    const run = await view(open, got.json.runs[0].id);

    expect(got.status).toBe(202);
    const names = got.json.runs.map((one: { workflow: string }) => one.workflow);
    expect(names.toSorted()).toEqual(["a", "b", "c", "d"]);
    expect(run.json).toMatchObject({
      trigger: { kind: "event", event: "paid", eventId: got.json.id },
      params: { event: { cents: 5 } },
    });
  });

  it("starts nothing anew when it comes again, under its id or its key", async () => {
    await listening("a");
    const byId = { body: { name: "paid", id: "order-7" } };
    const byKey = { body: { name: "paid" }, headers: { "idempotency-key": "k" } };

    const first = await open.ask("POST", EVENTS, byId);
    const again = await open.ask("POST", EVENTS, byId);
    const keyed = await open.ask("POST", EVENTS, byKey);
    const keyedAgain = await open.ask("POST", EVENTS, byKey);
    const other = await open.ask("POST", EVENTS, { ...byKey, body: { name: "sold" } });
    await open.recordsCaughtUp();

    expect([first.status, again.status, keyed.status, keyedAgain.status]).toEqual([
      202, 202, 202, 202,
    ]);
    expect(keyedAgain.json.id).toBe(keyed.json.id);
    expect(other).toMatchObject({ status: 422, json: { code: "idempotency.mismatch" } });
    const { json } = await open.ask("GET", `${WORKFLOW_RUNS}?trigger=event`);
    expect(json.items).toHaveLength(2);
  });

  it("starts nothing in other namespaces", async () => {
    await listening("a");
    const token = await open.newToken("write", "other");

    const got = await open.ask("POST", EVENTS, { body: { name: "paid" }, token });

    expect(got.json.runs).toEqual([]);
  });

  it("is acknowledged only when every shard has it", async () => {
    await open.close();
    open = await OpenApi.start({ shards: 8 });
    const { shards } = open.deps;
    await listening("a");
    let isCut = true;
    const cut = {
      ...shards,
      at: (shard: number) => (isCut && shard === 5 ? BROKEN : shards.at(shard)),
    };
    const other = await OpenApi.start({ shards: 8, deps: { shards: cut } });
    const body = { name: "paid", id: "once" };

    const failed = await other.ask("POST", EVENTS, { body });
    isCut = false;
    const repeated = await other.ask("POST", EVENTS, { body });
    await other.close();
    await open.recordsCaughtUp();

    expect(failed).toMatchObject({ status: 503, json: { code: "shard.unavailable" } });
    expect(repeated.status).toBe(202);
    const { json } = await open.ask("GET", `${WORKFLOW_RUNS}?trigger=event`);
    expect(json.items).toHaveLength(1);
  });

  it("is refused when it is too long", async () => {
    const body = { name: "paid", data: "x".repeat(65_536) };

    const got = await open.ask("POST", EVENTS, { body });

    expect(got).toMatchObject({ status: 413, json: { code: "output.too_large" } });
  });

  it("of one workflow run wakes the steps that wait for it", async () => {
    const steps = [
      { name: "wait", waitFor: { event: "paid" } },
      aStep("next", { after: ["wait"] }),
    ];
    const id = await started(open, { steps });

    const got = await open.ask("POST", `${WORKFLOW_RUNS}/${id}/events`, {
      body: { name: "paid", data: { cents: 5 } },
    });

    expect(got.status).toBe(200);
    expect(await stepOf(open, id, "wait")).toMatchObject({
      state: "succeeded",
      output: { cents: 5 },
    });
    expect(await stepOf(open, id, "next")).toMatchObject({ state: "running" });
  });
});

const BROKEN = {
  call: () => Promise.reject(new Error("gone")),
  waitForRun: () => Promise.reject(new Error("gone")),
  waitForWorkflowRun: () => Promise.reject(new Error("gone")),
};
