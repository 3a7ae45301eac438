import { expect, test } from "vitest";
import type { Answered, Delivery } from "../../src/ports/dispatcher.ts";
import type { Timers } from "../../src/ports/timers.ts";
import { CourierPool, type CourierPoolDeps } from "../../workers/courier-pool.ts";
import { aWebhookDelivery } from "../support/deliveries.ts";

/** Timers that go off when the test says so. */
class ManualTimers implements Timers {
  #pending = new Set<{ readonly ms: number; readonly work: () => void }>();

  after(ms: number, work: () => void): () => void {
    const timer = { ms, work };
    this.#pending.add(timer);
    return () => this.#pending.delete(timer);
  }

  /** Everything that waits for at most this long, and what that causes. */
  async pass(ms: number): Promise<void> {
    for (const timer of [...this.#pending].filter((pending) => pending.ms <= ms)) {
      this.#pending.delete(timer);
      timer.work();
    }
    // Promises that are settled by it are heard before the test goes on.
    await Promise.resolve();
    await Promise.resolve();
  }
}

interface Handed {
  readonly courier: number;
  readonly deliveries: readonly Delivery[];
  readonly reply: (answered: readonly Answered[]) => void;
  readonly die: (error: Error) => void;
}

function aPool(couriers: number) {
  const timers = new ManualTimers();
  const handed: Handed[] = [];
  const aborted: [number, string][] = [];
  const deliver: CourierPoolDeps["deliver"] = (courier, deliveries) =>
    new Promise((reply, die) => handed.push({ courier, deliveries, reply, die }));
  const abort: CourierPoolDeps["abort"] = (courier, { runId }) => aborted.push([courier, runId]);
  const pool = new CourierPool({ couriers, timers, deliver, abort });
  return { timers, handed, aborted, pool };
}

function deliveriesOf(count: number): readonly Delivery[] {
  return Array.from({ length: count }, (_, i) => aWebhookDelivery({}, { runId: `run_${i}` }));
}

function answerTo({ runId, attempt, send }: Delivery): Answered {
  const answer = { kind: "succeeded", result: null, truncated: false } as const;
  return { runId, attempt, send, answer, status: 200, phases: null, node: null, unreached: [] };
}

test("deliveries of one moment share a call, and no courier gets more than its slots", async () => {
  const { timers, handed, pool } = aPool(2);

  for (const delivery of deliveriesOf(15)) void pool.send(delivery);
  await timers.pass(0);

  expect(handed.map(({ courier, deliveries }) => [courier, deliveries.length])).toEqual([
    [0, 6],
    [1, 6],
  ]);
});

test("what found no slot is handed over when answers have freed one", async () => {
  const { timers, handed, pool } = aPool(1);
  const deliveries = deliveriesOf(8);
  for (const delivery of deliveries) void pool.send(delivery);
  await timers.pass(0);

  pool.answers(deliveries.slice(0, 2).map(answerTo));
  await timers.pass(10);

  expect(handed[1]?.deliveries.map(({ runId }) => runId)).toEqual(["run_6", "run_7"]);
});

test("an answer may come early or with the reply, and is had once", async () => {
  const { timers, handed, pool } = aPool(1);
  const deliveries = deliveriesOf(2);
  const answers = deliveries.map((delivery) => pool.send(delivery));
  await timers.pass(0);

  pool.answers(deliveries.slice(0, 1).map(answerTo));
  handed[0]?.reply(deliveries.map(answerTo));

  await expect(Promise.all(answers)).resolves.toEqual(deliveries.map(answerTo));
});

test("a courier that dies leaves what it had not answered unknown, and its slots free", async () => {
  const { timers, handed, pool } = aPool(1);
  const deliveries = deliveriesOf(6);
  const answers = deliveries.map((delivery) => pool.send(delivery));
  await timers.pass(0);
  pool.answers(deliveries.slice(0, 1).map(answerTo));

  handed[0]?.die(new Error("the object was reset"));
  const kinds = (await Promise.all(answers)).map(({ answer }) => answer.kind);
  for (const delivery of deliveriesOf(6)) void pool.send({ ...delivery, send: 2 });
  await timers.pass(0);

  expect(kinds).toEqual(["succeeded", ...Array.from({ length: 5 }, () => "unknown")]);
  expect(handed[1]?.deliveries).toHaveLength(6);
});

test("a courier that never answers is given up when its lease is over", async () => {
  const { timers, pool } = aPool(1);
  const answered = pool.send(aWebhookDelivery({}, { timeoutMs: 1_000 }));
  await timers.pass(0);

  await timers.pass(31_000);

  expect((await answered).answer.kind).toBe("unknown");
});

test("answers that nobody here waits for are handed back", () => {
  const { pool } = aPool(1);
  const answer = answerTo(aWebhookDelivery());

  expect(pool.answers([answer])).toEqual([answer]);
});

test("a canceled delivery is broken off where it is, or not sent at all", async () => {
  const { timers, handed, aborted, pool } = aPool(1);
  const deliveries = deliveriesOf(8);
  const answers = deliveries.map((delivery) => pool.send(delivery));
  await timers.pass(0);
  for (const index of [2, 7]) {
    const delivery = deliveries[index];
    if (delivery !== undefined) pool.abort(delivery);
  }

  expect(aborted).toEqual([[0, "run_2"]]);
  expect(await answers[7]).toMatchObject({ runId: "run_7", answer: { delivered: false } });
  handed[0]?.reply(handed[0].deliveries.map(answerTo));
  await Promise.all(answers.slice(0, 6));
  await timers.pass(10);
  expect(handed[1]?.deliveries.map(({ runId }) => runId)).toEqual(["run_6"]);
  for (const delivery of deliveries.slice(0, 1)) pool.abort(delivery);
  expect(aborted).toHaveLength(1);
});
