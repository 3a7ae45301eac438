import { describe, expect, it } from "vitest";
import {
  aWorkflow,
  hook,
  NS,
  STORAGES,
  succeeded,
  WorkflowShards,
} from "../support/workflow-shards.ts";

const REF = { namespace: NS, workflow: "etl" };

function numbered(n: number) {
  return aWorkflow("etl", [hook("a")], { description: `number ${n}`, overlap: "buffer_all" });
}

describe.each(STORAGES)("definitions of workflows on %s storage", (_name, storage) => {
  it("become a version when they say something new, and none when they say the same", () => {
    const world = new WorkflowShards({ storage });
    expect(world.put(numbered(1))).toMatchObject({ isNew: true, isChanged: true });
    const same = world.put(numbered(1));
    expect(same).toMatchObject({ isNew: false, isChanged: false, workflow: { version: 1 } });
    expect(world.put(numbered(2))).toMatchObject({ isChanged: true, workflow: { version: 2 } });
    const { versions } = world.do("workflow.versions", { ref: REF, beforeVersion: 0, limit: 10 });
    expect(versions.map(({ version }) => version)).toEqual([2, 1]);
    expect(world.do("workflow.get", { ref: REF }).workflow.spec.description).toBe("number 2");
  });

  it("refuse a name that is taken, another version than the one named, and what is not there", () => {
    const world = new WorkflowShards({ storage });
    const put = { namespace: NS, spec: numbered(1), copies: [] };
    const create = { ...put, mode: "create", ifVersion: null } as const;
    expect(world.refusal("workflow.put", { ...create, ifVersion: 1 })).toBe("version.conflict");
    world.do("workflow.put", create);
    expect(world.refusal("workflow.put", create)).toBe("name.taken");
    const upsert = { ...put, mode: "upsert", ifVersion: 2 } as const;
    expect(world.refusal("workflow.put", upsert)).toBe("version.conflict");
    expect(world.refusal("workflow.get", { ref: { ...REF, namespace: "b" } })).toBe(
      "workflow.unknown",
    );
  });

  it("hold a run to the version that it began with", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("etl", [hook("a"), hook("b", { after: ["a"] })]));
    world.answer = () => null;
    const run = world.start("etl");
    await world.settle();
    world.put(numbered(2));
    world.restart();
    world.answer = () => succeeded(1);
    await world.settle();
    expect(world.now(run)).toMatchObject({ workflowVersion: 1, phase: { state: "succeeded" } });
    expect(world.states(run)).toEqual({ a: "succeeded", b: "succeeded" });
  });

  it("are kept up to a bound, and beyond it as long as a run uses them", async () => {
    const world = new WorkflowShards({ storage });
    world.put(numbered(1));
    world.answer = () => null;
    const run = world.start("etl");
    await world.settle();
    for (let n = 2; n <= 103; n++) world.put(numbered(n));
    flush(world);
    world.put(numbered(104));
    const { workflow } = world.do("workflow.get", { ref: REF });
    const stored = (version: number) => world.storages[0]?.getWorkflowVersion(workflow.id, version);
    expect([stored(1), stored(2), stored(3), stored(4), stored(5)].map(Boolean)).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
    await world.reply("a", succeeded(1));
    expect(world.states(run)).toEqual({ a: "succeeded" });
    flush(world);
    await world.advance(600_001);
    flush(world);
    expect(world.at().workflowRun(run.id)).toBeUndefined();
    expect(stored(1)).toBeUndefined();
  });

  it("go with their workflow: what waits is canceled, what has begun finishes", async () => {
    const world = new WorkflowShards({ storage });
    world.put({ ...numbered(1), overlap: "buffer_all" });
    world.answer = () => null;
    const [run, waiting] = [world.start("etl"), world.start("etl")];
    await world.settle();
    world.do("workflow.delete", { ref: REF, ifVersion: 1, running: "finish" });
    expect(world.now(waiting).phase.state).toBe("canceled");
    expect(world.refusal("workflow.get", { ref: REF })).toBe("workflow.unknown");
    flush(world);
    world.restart();
    world.answer = () => succeeded(1);
    await world.settle();
    expect(world.now(run).phase.state).toBe("succeeded");
    flush(world);
    await world.advance(600_001);
    flush(world);
    expect(world.storages[0]?.getWorkflowVersion(run.workflowId, 1)).toBeUndefined();
    expect(world.put(numbered(1)).workflow.id).not.toBe(run.workflowId);
  });

  it("cancel their runs when they go, if that is asked for", async () => {
    const world = new WorkflowShards({ storage });
    world.put(numbered(1));
    world.answer = () => null;
    const run = world.start("etl");
    await world.settle();
    world.do("workflow.delete", { ref: REF, ifVersion: null, running: "cancel" });
    expect(world.now(run).phase.state).toBe("canceled");
  });
});

/** The records take everything. */
function flush(world: WorkflowShards): void {
  const shard = world.at();
  for (let taken = shard.takeOutbox(); taken; taken = shard.takeOutbox())
    shard.acknowledgeOutbox(taken.receipt, world.nowMs);
}
