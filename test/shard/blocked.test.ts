import { describe, expect, test } from "vitest";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import { failedAnswer, OK } from "../support/a-run.ts";
import { MINUTE, REF, TestShard, T0 } from "../support/a-shard.ts";
import { aNode } from "../support/executor-shard.ts";
import { N1, N2, RoutedShard, whereTo } from "../support/routed-shard.ts";
import { EVERY_DEFAULTS } from "../support/specs.ts";

const ACCEPTED = { kind: "accepted" } as const;

function end(world: RoutedShard, delivery: Delivery | undefined): void {
  if (delivery !== undefined) world.say(delivery, OK);
}

function stateOf(world: TestShard, runId: string | undefined): string | undefined {
  return runId === undefined ? undefined : world.shard.run(runId)?.phase.state;
}

describe("an executor's concurrency", () => {
  test("lets so many runs be out or accepted, and the next when one ends, in their order", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 2 });
    const runs = world.makeRuns(4).map(({ id }) => id);

    const [first, second, ...none] = world.out();
    expect([first?.runId, second?.runId]).toEqual(runs.slice(0, 2));
    expect(none).toEqual([]);
    if (first !== undefined) world.say(first, ACCEPTED);
    expect(world.out()).toEqual([]);

    end(world, second);
    const [third] = world.out();
    expect(third?.runId).toBe(runs[2]);
    world.do(...world.callBack({ runId: first?.runId ?? "" }));
    expect(world.out().map(({ runId }) => runId)).toEqual(runs.slice(3));
  });

  test("does not keep the shard busy, and takes no slot", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 1, limits: { slots: 2 } });
    world.put({ name: "hook", schedule: { kind: "manual" } });
    world.makeRuns(5);
    expect(world.out()).toHaveLength(1);

    expect(world.shard.nextTickMs(world.nowMs)).toBeGreaterThan(world.nowMs);
    world.runNow({ ref: { ...REF, job: "hook" } });
    expect(world.out().map(({ jobName }) => jobName)).toEqual(["hook"]);
  });

  test("lets the run of the highest priority go first when a place is free", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 1 });
    world.job({}, { name: "urgent", priority: 9 });
    world.job({}, { name: "idle", priority: -9 });
    world.makeRuns(1);
    const [out] = world.out();
    world.makeRuns(1, "idle");
    world.makeRuns(1);
    world.makeRuns(1, "urgent");
    expect(world.out()).toEqual([]);

    const names: string[] = [];
    for (let next = out; next !== undefined; [next] = world.out()) {
      names.push(next.jobName);
      end(world, next);
    }

    expect(names).toEqual([REF.job, "urgent", REF.job, "idle"]);
  });

  test("is followed when it is raised, and when it is lifted", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 1 });
    world.makeRuns(5);
    expect(world.out()).toHaveLength(1);

    world.push([aNode(1)], { concurrency: 3 });
    expect(world.out()).toHaveLength(2);
    world.push([aNode(1)], { concurrency: null });
    expect(world.out()).toHaveLength(2);
  });

  test("counts what a start finds accepted, and sets aside what is too much again", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 2 });
    const runs = world.makeRuns(4).map(({ id }) => id);
    for (const delivery of world.out()) world.say(delivery, ACCEPTED);
    world.out();

    world.restart();
    expect(world.out()).toEqual([]);

    world.do(...world.callBack({ runId: runs[1] ?? "" }));
    expect(world.out().map(({ runId }) => runId)).toEqual([runs[2]]);
  });

  test("is not held by a run that ended before its turn", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 1 });
    const [, second, third] = world.makeRuns(3).map(({ id }) => id);
    const [first] = world.out();

    world.do("run.cancel", { ref: { namespace: "default", run: second ?? "" }, reason: null });
    end(world, first);

    expect(world.out().map(({ runId }) => runId)).toEqual([third]);
  });

  test("ends a blocked tick's run that may not start so late, though nothing else happens", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 1 });
    world.makeRuns(1);
    world.out();
    const anchor = new Date(T0).toISOString();
    const schedule = { kind: "every", every: "1m", anchor, ...EVERY_DEFAULTS } as const;
    world.job({}, { name: "prompt", startWithin: "20s", schedule });
    world.nowMs = T0 + MINUTE;
    world.out();
    const run = world.runs.find(({ jobName }) => jobName === "prompt");
    expect(stateOf(world, run?.id)).toBe("waiting");

    const nextMs = world.shard.nextTickMs(world.nowMs) ?? 0;
    expect(nextMs).toBeLessThanOrEqual(T0 + MINUTE + 20_001);
    world.nowMs = T0 + MINUTE + 20_001;
    world.out();

    expect(stateOf(world, run?.id)).toBe("canceled");
  });

  test("ends with their job what a deletion cancels", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 1 });
    const runs = world.makeRuns(3);
    world.out();

    world.do("job.delete", { ref: REF, ifVersion: null, running: "cancel" });

    expect(runs.map(({ id }) => stateOf(world, id))).toEqual(["canceled", "canceled", "canceled"]);
    expect(world.out()).toEqual([]);
  });

  test("lets blocked runs go on after the clock stepped back, too", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 1 });
    const [, second] = world.makeRuns(2);
    const [first] = world.out();
    end(world, first);

    world.nowMs -= MINUTE;
    expect(world.out()).toEqual([]);
    world.nowMs += MINUTE;

    expect(world.out().map(({ runId }) => runId)).toEqual([second?.id]);
  });

  test("keeps runs of a job that wait for each other behind the one that is blocked", () => {
    const world = new RoutedShard([aNode(1)], { concurrency: 1 });
    world.job({}, { name: "line", overlap: "buffer_all" });
    world.makeRuns(1);
    const [first] = world.out();
    const line = world.makeRuns(2, "line").map(({ id }) => id);
    expect(world.out()).toEqual([]);

    end(world, first);
    const [head] = world.out();
    expect(head?.runId).toBe(line[0]);
    end(world, head);

    expect(world.out().map(({ runId }) => runId)).toEqual([line[1]]);
  });
});

describe("a node's concurrency", () => {
  test("sends runs past the nodes that are full, and sets aside what no node takes", () => {
    const world = new RoutedShard([aNode(1, { concurrency: 1 }), aNode(2, { concurrency: 2 })]);
    world.makeRuns(5);

    const out = world.out();
    expect(out.map(whereTo)).toEqual([N1, N2, N2]);
    end(
      world,
      out.find((delivery) => whereTo(delivery) === N2),
    );

    expect(world.out().map(whereTo)).toEqual([N2]);
  });

  test("stops runs of the full node only", () => {
    const world = new RoutedShard([aNode(1, { concurrency: 1 }), aNode(2, { handlers: ["b"] })]);
    world.job({ handler: "a" }, { name: "a" });
    world.job({ handler: "b", node: N2 }, { name: "b" });
    world.makeRuns(3, "a");
    world.makeRuns(2, "b");

    const out = world.out();

    expect(out.map(({ jobName }) => jobName)).toEqual(["a", "b", "b"]);
    end(world, out[1]);
    expect(world.out()).toEqual([]);
    end(world, out[0]);
    expect(world.out().map(({ jobName }) => jobName)).toEqual(["a"]);
  });

  test("is followed by the node that took a delivery for another", () => {
    const world = new RoutedShard([aNode(1, { concurrency: 1 }), aNode(2, { concurrency: 1 })]);
    world.makeRuns(1);
    const [first] = world.out();
    if (first !== undefined) world.say(first, ACCEPTED, { node: N2 });
    world.makeRuns(2);

    expect(world.out().map(whereTo)).toEqual([N1]);
  });

  test("does not block runs that wait for one certain node with those for another", () => {
    const world = new RoutedShard([aNode(1, { concurrency: 1 }), aNode(2, { concurrency: 1 })]);
    for (const node of [N1, N1, N1, N2, N2]) {
      world.nowMs++;
      world.runNow({ node });
    }
    const out = world.out();
    expect(out.map(whereTo)).toEqual([N1, N2]);

    end(world, out[1]);

    expect(world.out().map(whereTo)).toEqual([N2]);
  });
});

describe("a node that fails", () => {
  test("gets nothing while its breaker is shut, and a probe when the pause is over", () => {
    const world = new RoutedShard([aNode(1)]);
    world.makeRuns(5);
    for (const delivery of world.out())
      world.say(delivery, { kind: "unknown", error: { message: "cut", code: "cut" } });
    world.makeRuns(3);
    expect(world.out()).toEqual([]);

    const againMs = world.shard.nextTickMs(world.nowMs) ?? 0;
    expect(againMs - world.nowMs).toBeLessThanOrEqual(10_000);
    world.nowMs = againMs;
    while (world.out().length === 0) world.nowMs = world.shard.nextTickMs(world.nowMs) ?? Infinity;
    const probes = world.runs.filter(({ phase }) => phase.state === "dispatching");
    expect(probes).toHaveLength(1);

    const [probe] = probes;
    const sending = { runId: probe?.id ?? "", attempt: 1, send: probe?.attempts[0]?.send ?? 1 };
    const said = { answer: OK, status: 200, phases: null, node: N1, unreached: [] };
    world.shard.answers([{ ...sending, ...said }], world.nowMs);
    expect(world.out().length).toBeGreaterThanOrEqual(2);
  });

  test("lets runs that wait for a full node go to it when its suspicion ends", () => {
    const world = new RoutedShard([aNode(1), aNode(2, { concurrency: 1 })]);
    world.makeRuns(1);
    const [first] = world.out();
    if (first !== undefined) world.say(first, ACCEPTED, { node: N2, unreached: [N1] });
    world.makeRuns(1);
    expect(world.out()).toEqual([]);

    world.nowMs = world.shard.nextTickMs(world.nowMs) ?? 0;

    expect(world.out().map(whereTo)).toEqual([N1]);
  });
});

describe("a host's concurrency", () => {
  test("counts deliveries that are out, and not what was accepted", () => {
    const world = new TestShard({ hostConcurrency: 2 });
    world.put({ schedule: { kind: "manual" }, overlap: "allow" });
    for (let i = 0; i < 4; i++) world.runNow();

    const [first, ...others] = world.tickAt(world.nowMs);
    expect(others).toHaveLength(1);
    expect(world.shard.nextTickMs(world.nowMs)).toBeGreaterThan(world.nowMs);

    if (first !== undefined) world.answer(first, ACCEPTED, 202);
    expect(world.tickAt(world.nowMs)).toHaveLength(1);
  });

  test("does not stop what goes to another", () => {
    const world = new TestShard({ hostConcurrency: 1 });
    for (const name of ["a", "b"]) {
      const target = { kind: "webhook", url: `https://${name}.example/x`, method: "POST" } as const;
      const rest = { headers: {}, body: null, mode: "sync" } as const;
      world.put({
        name,
        schedule: { kind: "manual" },
        overlap: "allow",
        target: { ...target, ...rest },
      });
      for (let i = 0; i < 2; i++) world.runNow({ ref: { ...REF, job: name } });
    }

    expect(world.tickAt(world.nowMs).map(({ jobName }) => jobName)).toEqual(["a", "b"]);
  });

  test("sends past nodes whose host is full, and goes on when a delivery is back", () => {
    const limits = { hostConcurrency: 1 };
    const world = new RoutedShard([aNode(1), aNode(2)], { limits });
    world.makeRuns(4);
    const out = world.out();
    expect(out.map(whereTo)).toEqual([N1, N2]);

    end(world, out[1]);

    expect(world.out().map(whereTo)).toEqual([N2]);
  });
});

test("planning goes on while every run is blocked, and the runs wait in order", () => {
  const world = new RoutedShard([aNode(1)], { concurrency: 1, limits: { claimMax: 4, slots: 3 } });
  world.makeRuns(1);
  const [first] = world.out();
  const anchor = new Date(T0).toISOString();
  const schedule = { kind: "every", every: "1m", anchor, ...EVERY_DEFAULTS } as const;
  for (let i = 0; i < 20; i++) world.job({}, { name: `job-${i}`, schedule });
  world.nowMs = T0 + MINUTE;

  expect(world.out()).toEqual([]);
  expect(world.runs).toHaveLength(21);

  if (first !== undefined) world.say(first, failedAnswer({ retry: false }));
  expect(world.out()).toHaveLength(1);
});
