import { expect, test } from "vitest";
import type { RecordsBatch } from "../../src/ports/records.ts";
import { HeldEffects } from "../../src/shard/held-effects.ts";
import { RecordsFlush } from "../../src/shard/records-flush.ts";
import { TestShard, T0 } from "../support/a-shard.ts";

/** Records that take their time for each batch. */
function slowRecords() {
  const batches: RecordsBatch[] = [];
  const done: ((isWritten: boolean) => void)[] = [];
  const write = (batch: RecordsBatch): Promise<boolean> => {
    batches.push(batch);
    return new Promise((resolve) => done.push(resolve));
  };
  return { batches, done, write };
}

function open(durable: () => Promise<void> | null = () => null) {
  const host = new TestShard();
  host.put();
  const records = slowRecords();
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const flush = new RecordsFlush(
    {
      shard: host.shard,
      clock: { nowMs: () => T0 },
      records,
      timers: { after: () => () => {} },
      log,
      settings: { flushMs: 200 },
    },
    new HeldEffects(durable, () => {}),
    () => {},
  );
  return { host, records, flush };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

test("a shard that stops waits for the batch that is under way", async () => {
  const { host, records, flush } = open();
  void flush.write();
  await settle();
  let isDrained = false;
  const drained = flush.drain().then(() => (isDrained = true));
  await settle();
  expect([records.batches.length, isDrained]).toEqual([1, false]);
  records.done.shift()?.(true);
  await drained;
  expect(host.shard.outboxSize).toBe(0);
});

test("the records are told of nothing that a power cut could undo", async () => {
  const syncs: (() => void)[] = [];
  const { records, flush } = open(() => new Promise((resolve) => syncs.push(resolve)));
  void flush.write();
  await settle();
  expect(records.batches).toEqual([]);
  for (const sync of syncs) sync();
  await settle();
  expect(records.batches).toHaveLength(1);
});
