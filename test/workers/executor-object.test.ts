import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { executorCopyOf } from "../../src/core/directory.ts";
import { ExecutorFixture } from "./executor-fixture.ts";
import { EXECUTOR_ROWS } from "./host.ts";
import { EXECUTOR_DEFAULTS } from "../support/specs.ts";
import { ShardFixture } from "./shard-fixture.ts";

const A = "https://a.example";
const B = "https://b.example";
const WAIT = { timeout: 10_000, interval: 20 };

afterEach(() => {
  vi.useRealTimers();
});

/** The clock of the objects goes on; their timers stay real. */
function passMs(ms: number): void {
  const nowMs = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: nowMs + ms });
}

test("nodes register by their beats", async () => {
  const executor = new ExecutorFixture("registers");
  await executor.create("auto");

  await executor.beat(A);
  await executor.beat(B);

  const { nodes } = await executor.get();
  expect(nodes).toMatchObject([
    { address: A, health: "online", source: "beat" },
    { address: B, health: "online", source: "beat" },
  ]);
});

test("the alarm finds a node silent, then offline, and a beat brings it back", async () => {
  const executor = new ExecutorFixture("silent");
  await executor.create("auto");
  await executor.beat(A);
  const seen: unknown[] = [];
  const look = async (): Promise<void> => {
    seen.push((await executor.get()).nodes[0]?.health);
  };

  for (const ms of [26_000, 35_000]) {
    passMs(ms);
    // oxlint-disable-next-line no-await-in-loop -- One after the other is what is tested.
    await runDurableObjectAlarm(executor.stub);
    // oxlint-disable-next-line no-await-in-loop
    await look();
  }
  await executor.beat(A);
  await look();

  expect(seen).toEqual(["suspect", "offline", "online"]);
});

test("an eviction loses neither the nodes nor the alarm", async () => {
  const executor = new ExecutorFixture("evicted");
  await executor.create("auto");
  await executor.beat(A);
  await evictDurableObject(executor.stub);

  const { nodes } = await executor.get();

  expect(nodes).toMatchObject([{ address: A, health: "online" }]);
  expect(await executor.alarmMs()).toBeGreaterThan(Date.now());
});

test("an executor that is lost comes back from the records", async () => {
  const executor = new ExecutorFixture("restored");
  const created = await executor.create("auto");
  await executor.beat(A);
  await vi.waitFor(() => {
    expect(EXECUTOR_ROWS.get("restored")?.nodes).toHaveLength(1);
  }, WAIT);
  await executor.lose();

  await executor.watchdog();

  const { executor: restored, nodes } = await executor.get();
  const { namespace, name, createdMs } = created.executor;
  expect(restored).toMatchObject({ appKey: "restored", namespace, name, createdMs });
  expect(restored.secrets.map(({ id }) => id)).toEqual(
    created.executor.secrets.map(({ id }) => id),
  );
  expect(nodes).toMatchObject([{ address: A }]);
});

test("an appKey that nobody has is refused, and nothing is kept of it", async () => {
  const executor = new ExecutorFixture("nobody");

  await expect(executor.call("executor.secrets", {})).rejects.toThrow("executor.unknown");
  await expect(executor.get()).rejects.toThrow("executor.unknown");
  await executor.watchdog();

  expect(await executor.tables()).toEqual([]);
  expect(await executor.alarmMs()).toBeNull();
});

test("an executor refuses commands of another deployment", async () => {
  const executor = new ExecutorFixture("owned");
  await executor.create("auto");
  await evictDurableObject(executor.stub);
  const deployment = { id: "dep_other", shards: 8, keyCheck: "", createdMs: 1 };

  let message = "";
  try {
    await executor.rpc.watchdog(deployment, "default");
  } catch (error) {
    message = String(error);
  }

  expect(message).toContain("belongs to deployment dep_test");
});

test("a shard that holds a copy is told of a person's change before the answer", async () => {
  const executor = new ExecutorFixture("pushes");
  const shard = new ShardFixture(0);
  await executor.create("auto");
  await executor.beat(A);
  const first = await executor.copyFor(0);
  await shard.call("directory.put", { copies: [first] });
  await evictDurableObject(executor.stub);

  await executor.call("node.patch", { namespace: "default", node: A, wish: "draining" });

  const { copies } = await shard.call("directory.list", {});
  expect(copies.find(({ key }) => key === executor.key)?.version).toBeGreaterThan(first.version);
  const { body } = await executor.copyFor(0);
  expect(executorCopyOf(body).nodes).toMatchObject([{ address: A, state: "draining" }]);
});

test("listed nodes are probed while a shard holds a copy", async () => {
  const executor = new ExecutorFixture("probed");
  await executor.create("manual", [A]);
  await executor.copyFor(1);

  passMs(11_000);
  await runDurableObjectAlarm(executor.stub);

  await vi.waitFor(async () => {
    expect(await executor.inside(({ probed }) => probed)).toContain(A);
  }, WAIT);
});

test("a node is asked how it is", async () => {
  const executor = new ExecutorFixture("pinged");
  await executor.create("manual", [A]);
  const deployment = { id: "dep_test", shards: 8, keyCheck: "", createdMs: 1 };

  const answer = await executor.rpc.ping(deployment, "default", A);

  expect(answer).toMatchObject({ ok: true, value: { isReached: true, status: 200 } });
});

test("the watchdog arms an alarm that the platform has lost", async () => {
  const executor = new ExecutorFixture("watched");
  await executor.create("auto");
  await executor.beat(A);
  await executor.inside((_, { storage }) => storage.deleteAlarm());

  await executor.watchdog();

  expect(await executor.alarmMs()).toBeGreaterThan(Date.now());
});

test("a shard tells the keeper of a node that could not be reached", async () => {
  const executor = new ExecutorFixture("reported");
  const shard = await shardWithJobOf(executor, 3);
  await shard.courier(0, (courier) => {
    const message = "nobody listens";
    courier.answer = { ok: false, reason: "unreachable", message, delivered: false };
  });

  await shard.runNow("manual");

  await vi.waitFor(async () => {
    const { nodes } = await executor.get();
    expect(nodes).toMatchObject([{ health: "suspect", healthReason: "unreachable" }]);
  }, WAIT);
});

test("a courier tells the node of a run that is canceled, and its word ends the run", async () => {
  const executor = new ExecutorFixture("canceled");
  const shard = await shardWithJobOf(executor, 4);
  const ok = { ok: true, headers: {}, truncated: false, phases: {} } as const;
  await shard.courier(0, (courier) => {
    courier.answer = { ...ok, status: 202, body: "" };
  });
  const { id } = await shard.runNow("manual");
  const ref = { namespace: "default", run: id };
  await vi.waitFor(async () => {
    const { run } = await shard.call("run.get", { ref });
    expect(run.phase.state).toBe("running");
  }, WAIT);
  await shard.courier(0, (courier) => {
    courier.answer = { ...ok, status: 200, body: '{"canceled":true}' };
  });

  await shard.call("run.cancel", { ref, reason: "by hand" });

  const run = await shard.rpc.waitForRun(id, 5_000);
  const urls = await shard.courier(0, ({ requests }) => requests.map(({ url }) => url));
  expect(run?.phase.state).toBe("canceled");
  expect(urls).toEqual([`${A}/tickwheel/run`, `${A}/tickwheel/cancel`]);
});

/** A shard with the manual job of an executor that has one node. */
async function shardWithJobOf(executor: ExecutorFixture, number: number): Promise<ShardFixture> {
  const shard = new ShardFixture(number);
  await executor.create("auto");
  await executor.beat(A);
  await shard.call("directory.put", { copies: [await executor.copyFor(number)] });
  const { appKey } = executor;
  await shard.put(
    { kind: "manual" },
    { target: { kind: "executor", executor: appKey, handler: "work", ...EXECUTOR_DEFAULTS } },
  );
  return shard;
}
