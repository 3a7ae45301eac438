import { DurableObject } from "cloudflare:workers";
import { createDispatcher } from "../src/dialects/dispatch.ts";
import type {
  Answered,
  CancelNotice,
  Delivery,
  Dispatcher,
  SendingRef,
} from "../src/ports/dispatcher.ts";
import type { Egress } from "../src/ports/egress.ts";
import { AnswerGatherer } from "./answer-gatherer.ts";
import { COURIER_SLOTS } from "./courier-pool.ts";
import { openEgress } from "./egress-fetch.ts";
import type { Env } from "./env.ts";
import { createLog } from "./host-log.ts";
import { hostClock, hostTimers } from "./host-time.ts";
import { cipherOf, publicUrlOf } from "./settings.ts";
import { shardStub, type CourierBatch, type CourierRpc } from "./shard-rpc.ts";
import { Slots } from "./slots.ts";

/**
 * Sends deliveries for a shard. A shard object may have few requests out at once, and so may each courier;
 * but they are counted for each object, so many couriers carry many. It stores nothing: whoever dies with
 * deliveries on the way has them answered as unknown by the shard.
 */
export class Courier extends DurableObject<Env> implements CourierRpc {
  readonly #slots = new Slots(COURIER_SLOTS);
  #egress: Egress | null = null;
  #dispatchers = new Map<string, Dispatcher>();

  async deliver(batch: CourierBatch): Promise<readonly Answered[]> {
    const { shard, deploymentId, deliveries } = batch;
    const dispatcher = this.#dispatcherOf(deploymentId);
    const gatherer = new AnswerGatherer({
      expected: deliveries.length,
      timers: hostTimers,
      hand: (answered) => shardStub(this.env, shard).answers(answered),
      onFailure: (error) =>
        createLog({ courier: this.ctx.id.name ?? "" }, this.env).warn(
          "A shard did not take answers.",
          {
            shard,
            error: String(error),
          },
        ),
    });
    for (const delivery of deliveries)
      void this.#slots
        .with(() => sendInTime(dispatcher, delivery))
        .then((answered) => gatherer.add(answered));
    return gatherer.rest();
  }

  async abort(deploymentId: string, sending: SendingRef): Promise<void> {
    this.#dispatchers.get(deploymentId)?.abort(sending);
  }

  cancel(deploymentId: string, notice: CancelNotice): Promise<boolean> {
    return this.#slots.with(() => this.#dispatcherOf(deploymentId).cancel(notice));
  }

  /** The way out to targets. */
  protected openEgress(): Egress {
    return openEgress(this.env);
  }

  #dispatcherOf(deploymentId: string): Dispatcher {
    const known = this.#dispatchers.get(deploymentId);
    if (known !== undefined) return known;
    this.#egress ??= this.openEgress();
    const publicUrl = publicUrlOf(this.env.PUBLIC_URL);
    const dispatcher = createDispatcher({
      egress: this.#egress,
      cipher: cipherOf(this.env),
      clock: hostClock,
      deploymentId,
      publicUrl: () => publicUrl,
    });
    // A shard belongs to one deployment for ever, so this holds one entry.
    this.#dispatchers.set(deploymentId, dispatcher);
    return dispatcher;
  }
}

/** A delivery that waited for a slot until its time was over is not sent any more: the shard has given it up. */
async function sendInTime(dispatcher: Dispatcher, delivery: Delivery): Promise<Answered> {
  const { runId, attempt, send, sentMs, timeoutMs } = delivery;
  if (hostClock.nowMs() < sentMs + timeoutMs) return dispatcher.send(delivery);
  const error = { message: "no slot was free in time", code: "courier.busy" };
  const failed = { retry: true, retryAfterMs: null, delivered: false, gone: false } as const;
  return {
    runId,
    attempt,
    send,
    answer: { kind: "failed", error, ...failed },
    status: null,
    phases: null,
    node: null,
    unreached: [],
  };
}
