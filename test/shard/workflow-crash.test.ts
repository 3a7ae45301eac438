import { describe, expect, it } from "vitest";
import type { Run } from "../../src/core/run.ts";
import type { WorkflowRun } from "../../src/core/workflow-run.ts";
import { startKey } from "../../src/shard/start-key.ts";
import {
  aWorkflow,
  hook,
  NS,
  startOf,
  STORAGES,
  succeeded,
  WorkflowShards,
} from "../support/workflow-shards.ts";
import type { ShardStorage } from "../../src/ports/shard-storage.ts";

interface Played {
  readonly world: WorkflowShards;
  readonly end: unknown;
  readonly runs: readonly Run[];
}

/** A small workflow with a fan, a map, a sleep, a sub-workflow and an end, played over two shards. */
async function play(storage: () => ShardStorage, crashAfter: number): Promise<Played> {
  const world = new WorkflowShards({ storage, shards: 2 });
  world.put(aWorkflow("child", [hook("inner", { params: { n: "${params.n}" } })]));
  world.put(
    aWorkflow("whole", [
      hook("a"),
      hook("each", { after: ["a"], map: { over: "${[1, 2, 3]}" }, params: { n: "${item}" } }),
      { name: "nap", after: ["a"], sleep: "1m" },
      { name: "child", after: ["each", "nap"], workflow: "child", params: { n: 5 } },
      hook("z", { after: ["child"], params: { got: "${steps.child.output}" } }),
    ]),
  );
  world.answer = ({ params }) => succeeded(params["n"] ?? params["got"] ?? null);
  const shard = world.shardOf("whole");
  const idempotency = { key: "t", bodyHash: "t" };
  const start = (): WorkflowRun => {
    const reply = world.command("workflow-run.create", startOf("whole"), { shard, idempotency });
    expect(reply.ok).toBe(true);
    if (!reply.ok) throw new Error("unreachable");
    return reply.value.run;
  };
  world.commits = 0;
  world.crashAfter = crashAfter;
  let run: WorkflowRun;
  try {
    run = start();
  } catch {
    world.restart();
    run = start();
  }
  await world.settle();
  await world.advance(60_000);
  const ref = { namespace: NS, workflowRun: run.id };
  world.crashAfter = 0;
  const { view } = world.do("workflow-run.get", { ref }, shard);
  const rows = view.steps.map(({ row: { name, state, output, revision } }) => [
    name,
    state,
    output,
    revision,
  ]);
  const runs = world.storages.flatMap((stored) => stored.runsAfter("", 1_000));
  return { world, end: { state: view.run.phase.state, output: view.run.output, rows }, runs };
}

describe.each(STORAGES)("a workflow on %s storage whose processes die", (_name, storage) => {
  it("comes to the same end whenever they die, and doubles no run", async () => {
    const whole = await play(storage, 0);
    expect(whole.end).toMatchObject({ state: "succeeded", output: 5 });
    const { commits } = whole.world;
    expect(commits).toBeGreaterThan(15);
    for (let after = 1; after <= commits; after++) {
      // oxlint-disable-next-line no-await-in-loop -- Each death has a world of its own.
      const other = await play(storage, after);
      expect(other.end, `death after transaction ${after}`).toEqual(whole.end);
      expect(places(other.runs), `death after transaction ${after}`).toEqual(places(whole.runs));
      for (const { attempts } of other.runs) expect(attempts.at(-1)?.attempt).toBe(1);
      expect(other.world.do("stats", {}, 0).errands + other.world.do("stats", {}, 1).errands).toBe(
        0,
      );
    }
  });

  it("starts a sub-workflow once though its start is repeated, and long after its key is forgotten", async () => {
    const world = new WorkflowShards({ storage });
    world.put(aWorkflow("child", [hook("inner")]));
    world.answer = () => null;
    const run = `run_${"0".repeat(12)}7${"0".repeat(3)}8${"0".repeat(15)}00`;
    const trigger = { kind: "run", run, attempt: 1, shard: 0 } as const;
    const input = startOf("child", { trigger, nesting: 1 });
    const idempotency = startKey(run, 1);
    const first = world.command("workflow-run.create", input, { idempotency });
    const again = world.command("workflow-run.create", input, { idempotency });
    expect(again).toMatchObject({ ok: true, isReplay: true });
    world.nowMs += 600_000;
    const later = world.command("workflow-run.create", input);
    expect(first.ok && later.ok && later.value.run.id === first.value.run.id).toBe(true);
    expect(world.do("stats", {}).liveWorkflowRuns).toBe(1);
  });
});

function places(runs: readonly Run[]): readonly string[] {
  return runs.map(({ trigger, jobName }) => `${jobName} ${placeOf(trigger)}`).toSorted();
}

function placeOf(trigger: Run["trigger"]): string {
  if (trigger.kind !== "workflow") return trigger.kind;
  const { stepName, part, revision } = trigger;
  return `${stepName}/${part}/${revision}`;
}
