import { expect, test } from "vitest";
import type { CancelNotice, Dispatcher } from "../../src/ports/dispatcher.ts";
import { CancelSender } from "../../src/shard/cancel-sender.ts";

function aNotice(number: number): CancelNotice {
  const node = { address: "https://worker-1.example.com", sealedSecret: "sealed" };
  const whose = { namespace: "default", appKey: "billing" };
  return { ...whose, node, runId: `run_${number}`, attempt: 1, reason: null };
}

/** Holds every notice until the test answers it. */
class HeldNodes {
  readonly out = new Map<string, (isConfirmed: boolean) => void>();
  readonly dispatcher: Dispatcher = {
    send: () => Promise.reject(new Error("nothing is delivered here")),
    abort: () => {},
    cancel: ({ runId }) => new Promise((resolve) => this.out.set(runId, resolve)),
  };

  async answer(runId: string, isConfirmed: boolean): Promise<void> {
    this.out.get(runId)?.(isConfirmed);
    this.out.delete(runId);
    await Promise.resolve();
    await Promise.resolve();
  }
}

test("nodes are told a few at a time, and what they confirm is passed on", async () => {
  const nodes = new HeldNodes();
  const confirmed: string[] = [];
  const sender = new CancelSender(nodes.dispatcher, ({ runId }) => confirmed.push(runId));
  sender.send(Array.from({ length: 20 }, (_, i) => aNotice(i)));
  expect(nodes.out.size).toBe(16);
  expect(nodes.out.has("run_16")).toBe(false);

  await nodes.answer("run_0", true);
  await nodes.answer("run_1", false);
  expect(confirmed).toEqual(["run_0"]);
  expect(nodes.out.size).toBe(16);
  expect(nodes.out.has("run_17")).toBe(true);
});
