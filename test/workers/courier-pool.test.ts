import { expect, test } from "vitest";
import type { Answered, CancelNotice, Delivery } from "../../src/ports/dispatcher.ts";
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

interface Noticed {
  readonly courier: number;
  readonly runId: string;
  readonly reply: (isConfirmed: boolean) => void;
  readonly die: (error: Error) => void;
}

function aPool(couriers: number) {
  const timers = new ManualTimers();
  const handed: Handed[] = [];
  const noticed: Noticed[] = [];
  const aborted: [number, string][] = [];
  const deliver: CourierPoolDeps["deliver"] = (courier, deliveries) =>
    new Promise((reply, die) => handed.push({ courier, deliveries, reply, die }));
  const abort: CourierPoolDeps["abort"] = (courier, { runId }) => aborted.push([courier, runId]);
  const cancel: CourierPoolDeps["cancel"] = (courier, { runId }) =>
    new Promise((reply, die) => noticed.push({ courier, runId, reply, die }));
  const pool = new CourierPool({ couriers, timers, deliver, abort, cancel });
  return { timers, handed, aborted, noticed, pool };
}

function deliveriesOf(count: number): readonly Delivery[] {
  return Array.from({ length: count }, (_, i) => aWebhookDelivery({}, { runId: `run_${i}` }));
}

function noticeOf(runId: string): CancelNotice {
  const node = { address: "https://node.example", sealedSecret: "" };
  return { namespace: "default", appKey: "app", node, runId, attempt: 1, reason: null };
}

function answerTo({ runId, attempt, send }: Delivery): Answered {
  const answer = { kind: "succeeded", result: null, truncated: false, context: null } as const;
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

test("a notice goes to the courier that has the run, and others take turns", async () => {
  const { timers, noticed, pool } = aPool(3);
  for (const delivery of deliveriesOf(7)) void pool.send(delivery);
  await timers.pass(0);

  for (const runId of ["run_6", "run_x", "run_y", "run_z"]) void pool.cancel(noticeOf(runId));

  expect(noticed.map(({ courier, runId }) => [courier, runId])).toEqual([
    [1, "run_6"],
    [1, "run_x"],
    [2, "run_y"],
    [1, "run_z"],
  ]);
});

test("a notice takes a slot of its courier until it is answered", async () => {
  const { timers, handed, noticed, pool } = aPool(1);
  const confirmed = pool.cancel(noticeOf("run_a"));
  for (const delivery of deliveriesOf(6)) void pool.send(delivery);
  await timers.pass(0);
  const before = handed.map(({ deliveries }) => deliveries.length);

  noticed[0]?.reply(true);
  await confirmed;
  await timers.pass(10);

  await expect(confirmed).resolves.toBe(true);
  expect(before).toEqual([5]);
  expect(handed.map(({ deliveries }) => deliveries.length)).toEqual([5, 1]);
});

test("a notice whose courier is lost or silent confirms nothing, and its slot is free again", async () => {
  const { timers, handed, noticed, pool } = aPool(1);
  const lost = pool.cancel(noticeOf("run_a"));
  const silent = pool.cancel(noticeOf("run_b"));

  noticed[0]?.die(new Error("the object was reset"));
  await timers.pass(15_000);

  await expect(Promise.all([lost, silent])).resolves.toEqual([false, false]);
  for (const delivery of deliveriesOf(6)) void pool.send(delivery);
  await timers.pass(0);
  expect(handed[0]?.deliveries).toHaveLength(6);
});

test("notices that find every slot taken go out all the same, and no delivery before their end", async () => {
  const { timers, handed, noticed, pool } = aPool(1);
  const deliveries = deliveriesOf(8);
  for (const delivery of deliveries) void pool.send(delivery);
  await timers.pass(0);
  const confirmed = pool.cancel(noticeOf("run_x"));

  pool.answers(deliveries.slice(0, 1).map(answerTo));
  await timers.pass(10);
  const before = handed.length;
  noticed[0]?.reply(false);
  await confirmed;
  await timers.pass(10);

  expect(before).toBe(1);
  expect(handed[1]?.deliveries.map(({ runId }) => runId)).toEqual(["run_6"]);
});
