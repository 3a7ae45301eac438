import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { every, ShardFixture } from "./shard-fixture.ts";

/** What the architecture allows for one tick that fired alone (section 3, "the due column"). */
const ROWS_PER_TICK_MAX = 5;

test("a job fires, is delivered and reaches the records", async () => {
  const shard = new ShardFixture(0);
  const { job } = await shard.put(every("1s"));

  const [run] = await shard.endedInRecords(1);

  expect(run?.jobId).toBe(job.id);
  expect(run?.trigger.kind).toBe("tick");
  expect(run?.phase.state).toBe("succeeded");
  expect(run?.result).toEqual({ greeting: "hello" });
  expect(run?.attempts).toHaveLength(1);
});

test("a run that has ended leaves the shard once the records have it", async () => {
  const shard = new ShardFixture(1);
  await shard.put({ kind: "manual" });
  const { id } = await shard.runNow("manual");

  await shard.endedInRecords(1);

  await expect(shard.rpc.waitForRun(id, 0)).resolves.toBeNull();
  await expect(shard.call("stats", {})).resolves.toMatchObject({ liveRuns: 0, outbox: 0 });
});

test("whoever waits for a run is told when it has ended", async () => {
  const shard = new ShardFixture(2);
  await shard.put({ kind: "manual" });
  await shard.courier(0, (courier) => {
    courier.isHolding = true;
  });
  const { id } = await shard.runNow("manual");

  const waiting = shard.rpc.waitForRun(id, 10_000);
  await shard.sent(0, 1);
  await shard.courier(0, (courier) => courier.release(1));

  const run = await waiting;
  expect(run?.phase.state).toBe("succeeded");
});

test("an eviction loses nothing, and the alarm wakes the shard that was evicted", async () => {
  const shard = new ShardFixture(3);
  const at = new Date(Date.now() + 1_500).toISOString();
  const { job } = await shard.put({ kind: "at", at });
  await evictDurableObject(shard.stub);

  const hasRun = await runDurableObjectAlarm(shard.stub);
  const [run] = await shard.endedInRecords(1);

  expect(hasRun).toBe(true);
  expect(run?.jobId).toBe(job.id);
  expect(run?.nominalMs).toBe(Date.parse(at));
  const { view } = await shard.call("job.get", { ref: { namespace: "default", job: job.id } });
  expect(view.job).toMatchObject({ id: job.id, state: "ended" });
});

test("a crash while the records are away keeps what they do not have", async () => {
  const shard = new ShardFixture(4);
  await shard.put({ kind: "manual" });
  await shard.inside((object) => {
    object.areRecordsAway = true;
  });
  const { id } = await shard.runNow("manual");
  await shard.rpc.waitForRun(id, 10_000);

  await shard.crash();

  const [run] = await shard.endedInRecords(1);
  expect(run?.id).toBe(id);
});

test("after each event the alarm is armed for what is due", async () => {
  const shard = new ShardFixture(5);
  const armed = async (): Promise<boolean> => ((await shard.alarmMs()) ?? 0) > Date.now();
  const seen: Record<string, boolean> = {};

  const { job } = await shard.put(every("1h"));
  const ref = { namespace: "default", job: job.id };
  seen["put"] = await armed();
  const { id } = await shard.runNow(job.id);
  seen["run"] = await armed();
  await shard.rpc.waitForRun(id, 10_000);
  seen["answer"] = await armed();
  await runDurableObjectAlarm(shard.stub);
  seen["alarm"] = await armed();
  await shard.call("job.pause", { ref, untilMs: Date.now() + 600_000, reason: null });
  seen["pause"] = await armed();
  await shard.call("job.resume", { ref, missed: null });
  seen["resume"] = await armed();
  await evictDurableObject(shard.stub);
  seen["wake"] = await armed();

  expect(seen).toEqual({
    put: true,
    run: true,
    answer: true,
    alarm: true,
    pause: true,
    resume: true,
    wake: true,
  });
});

test("the watchdog arms an alarm that the platform has lost", async () => {
  const shard = new ShardFixture(6);
  await shard.put(every("1h"));
  await shard.loseAlarm();
  expect(await shard.alarmMs()).toBeNull();

  await shard.rpc.watchdog();

  expect(await shard.alarmMs()).toBeGreaterThan(Date.now());
});

test("the watchdog does what a lost alarm has left undone", async () => {
  const shard = new ShardFixture(7);
  await shard.put({ kind: "at", at: new Date(Date.now() + 1_200).toISOString() });
  await shard.loseAlarm();
  await evictDurableObject(shard.stub);

  await shard.rpc.watchdog();

  await expect(shard.endedInRecords(1)).resolves.toHaveLength(1);
});

test("a shard refuses commands of another deployment", async () => {
  const shard = new ShardFixture(8);
  await shard.put({ kind: "manual" });
  await evictDurableObject(shard.stub);
  const deployment = { id: "dep_other", shards: 8, keyCheck: "", createdMs: 1 };

  let message = "";
  try {
    await shard.rpc.call({ kind: "stats", input: {}, idempotency: null, deployment });
  } catch (error) {
    message = String(error);
  }

  expect(message).toContain("belongs to deployment dep_test");
  await expect(shard.rpc.deployment()).resolves.toMatchObject({ id: "dep_test" });
});

test("a tick that fires alone costs few rows, awake and asleep", async () => {
  const [awake, asleep] = await Promise.all([
    rowsPerTick(new ShardFixture(9), "1s"),
    rowsPerTick(new ShardFixture(10), "2s"),
  ]);

  // oxlint-disable-next-line no-console -- The figures are part of what the test is for.
  console.log(`rows written per tick: ${awake.toFixed(2)} by timer, ${asleep.toFixed(2)} by alarm`);
  expect(awake).toBeLessThanOrEqual(ROWS_PER_TICK_MAX);
  expect(asleep).toBeLessThanOrEqual(ROWS_PER_TICK_MAX);
});

/** Rows and alarms that the platform charges for a tick, over some ticks after the first two. */
async function rowsPerTick(shard: ShardFixture, text: "1s" | "2s"): Promise<number> {
  const charged = (): Promise<number> =>
    shard.inside((object) => object.charged.rowsWritten + object.charged.alarmsSet);
  await shard.put(every(text));
  const warm = (await shard.endedInRecords(2)).length;
  const before = await charged();
  const runs = await shard.endedInRecords(warm + (text === "1s" ? 6 : 3));
  return ((await charged()) - before) / (runs.length - warm);
}
