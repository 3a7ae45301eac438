import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { courierName, courierStub, shardName } from "../../workers/shard-rpc.ts";
import { aWebhookDelivery } from "../support/deliveries.ts";
import type { TestCourier } from "./host.ts";
import { every, ShardFixture } from "./shard-fixture.ts";

function deliveriesOf(count: number) {
  return Array.from({ length: count }, (_, i) =>
    aWebhookDelivery({}, { runId: `run_${i}`, sentMs: Date.now() }),
  );
}

test("a courier has at most six requests out", async () => {
  const shard = new ShardFixture(20);
  await shard.courier(0, (courier) => {
    courier.isHolding = true;
  });
  const delivering = courierStub(env, courierName(20, 0)).deliver({
    shard: shardName(20),
    deploymentId: "dep_test",
    deliveries: deliveriesOf(10),
  });
  const sent = (): Promise<number> => shard.courier(0, ({ requests }) => requests.length);

  await shard.sent(0, 6);
  const atFirst = await sent();
  await shard.courier(0, (courier) => courier.release(2));
  await shard.sent(0, 8);
  const afterTwo = await sent();
  await shard.courier(0, (courier) => {
    courier.isHolding = false;
    courier.release(6);
  });
  const rest = await delivering;

  expect(atFirst).toBe(6);
  expect(afterTwo).toBe(8);
  expect(rest.length).toBeGreaterThan(0);
  expect(await sent()).toBe(10);
});

test("a delivery that waited for a slot until its time was over is not sent", async () => {
  const shard = new ShardFixture(21);
  const late = aWebhookDelivery({}, { sentMs: Date.now() - 60_001, timeoutMs: 60_000 });

  const answered = await courierStub(env, courierName(21, 0)).deliver({
    shard: shardName(21),
    deploymentId: "dep_test",
    deliveries: [late],
  });

  expect(answered[0]?.answer).toMatchObject({ kind: "failed", delivered: false });
  expect(await shard.courier(0, ({ requests }) => requests.length)).toBe(0);
});

test("a shard sends again what died with a courier, under the same identity", async () => {
  const shard = new ShardFixture(22);
  await shard.put(every("1h"));
  await shard.courier(0, (courier) => {
    courier.isHolding = true;
  });
  const { id } = await shard.runNow("every");
  await shard.sent(0, 1);

  await shard
    .courier(0, (_, state) => state.abort("the courier dies"))
    .catch(() => "an object that is aborted does not answer");
  const run = await shard.rpc.waitForRun(id, 10_000);

  expect(run?.phase).toMatchObject({ state: "succeeded", attempt: 1 });
  expect(run?.attempts.map(({ send, outcome }) => ({ send, outcome }))).toEqual([
    { send: 1, outcome: "lost" },
    { send: 2, outcome: "succeeded" },
  ]);
});

test("more deliveries than one courier can carry go to the next", async () => {
  const shard = new ShardFixture(23);
  await shard.put({ kind: "manual" });
  const both = (look: (courier: TestCourier) => void): Promise<void[]> =>
    Promise.all([shard.courier(0, look), shard.courier(1, look)]);
  await both((courier) => {
    courier.isHolding = true;
  });

  const runs = await Promise.all(Array.from({ length: 15 }, () => shard.runNow("manual")));
  await shard.sent(0, 6);
  await shard.sent(1, 6);
  const stats = await shard.call("stats", {});
  await both((courier) => {
    courier.isHolding = false;
    courier.release(6);
  });
  const ended = await Promise.all(runs.map(({ id }) => shard.rpc.waitForRun(id, 10_000)));

  expect(stats.inFlight).toBe(12);
  expect(await shard.endedInRecords(15)).toHaveLength(15);
  expect(ended).toHaveLength(15);
});
