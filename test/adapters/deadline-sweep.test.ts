import { expect, it } from "vitest";
import { DeadlineSweep, type Expiring } from "../../src/adapters/deadline-sweep.ts";

interface Entry extends Expiring {
  deadlineMs: number;
  readonly expiredMs: Promise<number>;
}

function anEntry(inMs: number): Entry {
  const expired = Promise.withResolvers<number>();
  return {
    deadlineMs: performance.now() + inMs,
    sweepBucket: 0,
    expire: () => expired.resolve(performance.now()),
    expiredMs: expired.promise,
  };
}

/** The timer of a sweep lets the process end; this keeps it alive while a test waits. */
async function alive<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 1_000);
  return work.finally(() => clearInterval(timer));
}

it("entries expire in the order of their deadlines, and none before its own", async () => {
  const sweep = new DeadlineSweep();
  const entries = [90, 10, 50].map(anEntry);
  for (const entry of entries) sweep.add(entry);

  const expired = await alive(Promise.all(entries.map((entry) => entry.expiredMs)));

  for (const [i, atMs] of expired.entries())
    expect(atMs).toBeGreaterThanOrEqual(entries[i]?.deadlineMs ?? Number.POSITIVE_INFINITY);
  const [last = 0, first = 0, middle = 0] = expired;
  expect(first).toBeLessThan(middle);
  expect(middle).toBeLessThan(last);
});

it("an entry whose deadline has moved expires at the new one", async () => {
  const sweep = new DeadlineSweep();
  const entry = anEntry(10);
  sweep.add(entry);

  entry.deadlineMs += 100;

  expect(await alive(entry.expiredMs)).toBeGreaterThanOrEqual(entry.deadlineMs);
});

it("an entry that is looked at early expires at its deadline, and at a nearer one when the sweep is told", async () => {
  const sweep = new DeadlineSweep();
  const [late, nearer] = [anEntry(120), anEntry(10_000)];
  sweep.add(late, performance.now() + 10);
  sweep.add(nearer);

  nearer.deadlineMs = late.deadlineMs - 60;
  sweep.lookBy(nearer, nearer.deadlineMs);
  const [lateMs, nearerMs] = await alive(Promise.all([late.expiredMs, nearer.expiredMs]));

  expect(lateMs).toBeGreaterThanOrEqual(late.deadlineMs);
  expect(nearerMs).toBeGreaterThanOrEqual(nearer.deadlineMs);
  expect(nearerMs).toBeLessThan(lateMs);
});

it("an entry that was removed does not expire", async () => {
  const sweep = new DeadlineSweep();
  const removed = anEntry(10);
  const kept = anEntry(60);
  sweep.add(removed);
  sweep.add(kept);

  sweep.remove(removed);
  sweep.remove(removed);

  const first = await alive(
    Promise.race([removed.expiredMs.then(() => "removed"), kept.expiredMs.then(() => "kept")]),
  );
  expect(first).toBe("kept");
});
