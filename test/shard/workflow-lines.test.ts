import { describe, expect, it } from "vitest";
import type { WorkflowSpec } from "../../src/core/workflow.ts";
import {
  aWorkflow,
  hook,
  NS,
  startOf,
  STORAGES,
  succeeded,
  WorkflowShards,
} from "../support/workflow-shards.ts";

function lined(
  storage: ConstructorParameters<typeof WorkflowShards>[0],
  more: Partial<WorkflowSpec>,
) {
  const world = new WorkflowShards(storage);
  world.put(aWorkflow("one", [hook("a")], more));
  world.answer = () => null;
  return world;
}

describe.each(STORAGES)("runs of one workflow on %s storage", (_name, storage) => {
  it("wait for their turn, in their order, across a restart", async () => {
    const world = lined({ storage }, { overlap: "buffer_all", concurrency: 2 });
    const runs = [1, 2, 3, 4].map(() => world.start("one"));
    const states = () => runs.map((run) => world.now(run).phase.state);
    expect(states()).toEqual(["running", "running", "waiting", "waiting"]);
    await world.settle();
    world.restart();
    await world.settle();
    expect(states()).toEqual(["running", "running", "waiting", "waiting"]);
    await world.reply("a", succeeded(1));
    expect(states().toSorted()).toEqual(["running", "running", "succeeded", "waiting"]);
    expect(world.now(runs[2] ?? world.start("one")).phase.state).toBe("running");
  });

  it("are refused, or let one wait, as the policy says", () => {
    const skip = lined({ storage }, { overlap: "skip" });
    skip.start("one");
    expect(skip.refusal("workflow-run.create", startOf("one"))).toBe("workflow_run.overlaps");
    expect(skip.start("one", { overlap: "allow" }).phase.state).toBe("running");
    const buffer = lined({ storage }, { overlap: "buffer_one" });
    buffer.start("one");
    expect(buffer.start("one").phase.state).toBe("waiting");
    expect(buffer.refusal("workflow-run.create", startOf("one"))).toBe("workflow_run.overlaps");
    const full = lined({ storage, limits: { bufferedMax: 1 } }, { overlap: "buffer_all" });
    full.start("one");
    full.start("one");
    expect(full.refusal("workflow-run.create", startOf("one"))).toBe("quota.exceeded");
  });

  it("cancel the others where the policy says so, and begin when these have ended", async () => {
    const world = lined({ storage }, { overlap: "cancel_other" });
    const first = world.start("one");
    await world.settle();
    const second = world.start("one");
    expect(world.now(first).phase.state).toBe("canceled");
    expect(world.now(second).phase.state).toBe("running");
    expect(world.now(first).cancelReason).toContain(second.id);
  });

  it("are passed by those behind them while they are paused", async () => {
    const world = lined({ storage }, { overlap: "buffer_all" });
    const [a, b, c] = [world.start("one"), world.start("one"), world.start("one")];
    world.act(b, { kind: "pause", reason: null });
    await world.settle();
    await world.reply("a", succeeded(1));
    expect([a, b, c].map((run) => world.now(run).phase.state)).toEqual([
      "succeeded",
      "waiting",
      "running",
    ]);
    world.act(b, { kind: "resume" });
    await world.reply("a", succeeded(1));
    expect(world.now(b).phase.state).toBe("running");
  });

  it("begin at once when all before them are paused", async () => {
    const world = lined({ storage }, { overlap: "buffer_all" });
    const [first, paused] = [world.start("one"), world.start("one")];
    world.act(paused, { kind: "pause", reason: null });
    await world.settle();
    await world.reply("a", succeeded(1));
    expect(world.now(first).phase.state).toBe("succeeded");
    expect(world.start("one").phase.state).toBe("running");
    expect(world.now(paused).phase.state).toBe("waiting");
  });

  it("begin when a new version lets more of them run", async () => {
    const world = lined({ storage }, { overlap: "buffer_all", concurrency: 1 });
    world.start("one");
    const second = world.start("one");
    expect(world.now(second).phase.state).toBe("waiting");
    world.put(aWorkflow("one", [hook("a")], { overlap: "buffer_all", concurrency: 2 }));
    expect(world.now(second).phase.state).toBe("running");
  });

  it("are refused beyond what the shard holds", () => {
    const few = lined({ storage, limits: { liveWorkflowRunsMax: 2 } }, {});
    few.start("one");
    few.start("one");
    expect(few.refusal("workflow-run.create", startOf("one"))).toBe("quota.exceeded");
    const small = lined({ storage, limits: { liveStepsMax: 1 } }, {});
    small.start("one");
    expect(small.refusal("workflow-run.create", startOf("one"))).toBe("quota.exceeded");
    const owing = new WorkflowShards({ storage, limits: { errandsMax: 0 } });
    const put = { namespace: NS, spec: aWorkflow("one", []), mode: "upsert", copies: [] } as const;
    expect(owing.refusal("workflow.put", { ...put, ifVersion: null })).toBe("quota.exceeded");
  });

  it("are one each for an event, and the same event is taken once", async () => {
    const world = new WorkflowShards({ storage });
    const on = [
      { event: "paid", when: "event.data.sum > 10.0", params: { sum: "${event.data.sum}" } },
    ];
    world.put(aWorkflow("bill", [hook("a")], { on }));
    world.put(
      aWorkflow("other", [hook("a")], { on: [{ event: "sent", when: null, params: null }] }),
    );
    world.put(aWorkflow("any", [hook("a")], { on: [{ event: "paid", when: null, params: null }] }));
    const event = { namespace: NS, name: "paid", data: { sum: 30 }, id: "e1", traceparent: null };
    const { runs } = world.do("event.put", event);
    expect(runs.map(({ id }) => world.storages[0]?.getWorkflowRun(id))).toMatchObject([
      { workflowName: "bill", params: { sum: 30 }, trigger: { kind: "event", id: "e1" } },
      { workflowName: "any", params: { event: { sum: 30 } } },
    ]);
    expect(world.do("event.put", event).runs).toEqual(runs);
    const small = world.do("event.put", { ...event, id: "e2", data: { sum: 3 } });
    expect(small.runs.map(({ workflowName }) => workflowName)).toEqual(["any"]);
    expect(world.do("event.put", { ...event, id: "e3", name: "lost" }).runs).toEqual([]);
    world.do("workflow.delete", {
      ref: { namespace: NS, workflow: "any" },
      ifVersion: null,
      running: "finish",
    });
    expect(world.do("event.put", { ...event, id: "e4", data: { sum: 3 } }).runs).toEqual([]);
  });

  it("are none for the repetition of an event that came when there was one", async () => {
    const world = new WorkflowShards({ storage });
    const on = [{ event: "paid", when: null, params: null }];
    world.put(aWorkflow("one", [hook("a")], { overlap: "skip", on }));
    world.answer = () => null;
    world.start("one");
    await world.settle();
    const event = { namespace: NS, name: "paid", data: null, id: "e1", traceparent: null };
    expect(world.do("event.put", event).runs).toEqual([]);
    await world.reply("a", succeeded(null));
    expect(world.do("event.put", event).runs).toEqual([]);
    expect(world.do("event.put", { ...event, id: "e2" }).runs).toHaveLength(1);
  });

  it("tell events apart whose names and ids hold the same letters together", () => {
    const world = new WorkflowShards({ storage });
    const on = ["a", "a:b"].map((event) => ({ event, when: null, params: null }));
    world.put(aWorkflow("both", [hook("a")], { on }));
    const event = { namespace: NS, data: null, traceparent: null };
    expect(world.do("event.put", { ...event, name: "a:b", id: "c" }).runs).toHaveLength(1);
    expect(world.do("event.put", { ...event, name: "a", id: "b:c" }).runs).toHaveLength(1);
    expect(world.do("event.put", { ...event, name: "a", id: "b:c" }).runs).toHaveLength(1);
    expect(world.storages[0]?.workflowRunsAfter("", 9)).toHaveLength(2);
  });
});
