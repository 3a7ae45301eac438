import { assert } from "../src/core/assert.ts";
import {
  sendingKey,
  type Answered,
  type CancelNotice,
  type Delivery,
  type Dispatcher,
  type SendingRef,
} from "../src/ports/dispatcher.ts";
import type { Timers } from "../src/ports/timers.ts";

/**
 * Requests that one courier has out at once. A Durable Object may have six that wait for response headers
 * (Workers limits, "simultaneous open connections", of April 2026); a local workerd does not enforce it.
 */
export const COURIER_SLOTS = 6;
/** Where more wait than there are slots, slots are gathered for this long: those that free up together share a call. */
const LINGER_MS = 10;
/** What a courier may need beyond the timeout of its deliveries, before it counts as dead. */
const LEASE_GRACE_MS = 30_000;
/** How long a courier may take over a notice: the grace of a canceled run is hardly longer. */
const NOTICE_LEASE_MS = 15_000;

export interface CourierPoolDeps {
  /** How many couriers there are: they are used from the first on, so that an idle shard wakes few. */
  readonly couriers: number;
  readonly timers: Timers;
  /** Hands deliveries to a courier; resolves with the answers that came no other way. */
  readonly deliver: (
    courier: number,
    deliveries: readonly Delivery[],
  ) => Promise<readonly Answered[]>;
  /** Tells a courier to break off a delivery that it has. Nobody waits for it: the answer says what became of it. */
  readonly abort: (courier: number, sending: SendingRef) => void;
  /** Has a courier ask a node to stop a run; resolves with what `Dispatcher.cancel` says. */
  readonly cancel: (courier: number, notice: CancelNotice) => Promise<boolean>;
}

interface Waiting {
  readonly delivery: Delivery;
  readonly resolve: (answered: Answered) => void;
}

interface Out extends Waiting {
  readonly courier: number;
}

/**
 * Sends deliveries through couriers, which have a few slots each. It knows which slots are free and never
 * hands a courier more than it can send at once. Each delivery is answered exactly once: by `answers`, by
 * the courier's reply, or as `unknown` when the courier died.
 */
export class CourierPool implements Dispatcher {
  readonly #deps: CourierPoolDeps;
  readonly #free: number[];
  readonly #out = new Map<string, Out>();
  #queue: Waiting[] = [];
  #isFlushing = false;
  /** The courier that carried the last notice which none was tied to. */
  #noticeCourier = -1;

  constructor(deps: CourierPoolDeps) {
    assert(deps.couriers >= 1, "somebody must carry the deliveries");
    this.#deps = deps;
    this.#free = Array.from({ length: deps.couriers }, () => COURIER_SLOTS);
  }

  send(delivery: Delivery): Promise<Answered> {
    return new Promise((resolve) => {
      this.#queue.push({ delivery, resolve });
      // At once, with those of the same transaction: while many are out, the shard has gathered answers for
      // ten milliseconds before it, and to wait here as well would leave every slot idle for as long again.
      this.#flushSoon(0);
    });
  }

  /** A delivery that no courier has yet is not sent any more. */
  abort(sending: SendingRef): void {
    const key = sendingKey(sending);
    const out = this.#out.get(key);
    if (out !== undefined) {
      this.#deps.abort(out.courier, sending);
      return;
    }
    const waiting = this.#queue.find(({ delivery }) => sendingKey(delivery) === key);
    if (waiting === undefined) return;
    this.#queue = this.#queue.filter((other) => other !== waiting);
    waiting.resolve(unsentAnswer(waiting.delivery));
  }

  /**
   * A notice takes a slot and does not wait for one here: it goes to the courier that has the run, or else
   * to the next that has a slot free, and waits there if it must.
   */
  async cancel(notice: CancelNotice): Promise<boolean> {
    const courier = this.#courierFor(notice);
    this.#take(courier, 1);
    const isConfirmed = await this.#inTime(this.#deps.cancel(courier, notice));
    this.#take(courier, -1);
    if (this.#queue.length > 0) this.#flushSoon(LINGER_MS);
    return isConfirmed;
  }

  /** Takes answers of any courier. Returns those that nobody here waits for. */
  answers(answered: readonly Answered[]): readonly Answered[] {
    const strangers: Answered[] = [];
    for (const answer of answered) {
      const sending = sendingKey(answer);
      const out = this.#out.get(sending);
      if (out === undefined) {
        strangers.push(answer);
        continue;
      }
      this.#out.delete(sending);
      this.#take(out.courier, -1);
      out.resolve(answer);
    }
    if (this.#queue.length > 0) this.#flushSoon(LINGER_MS);
    return strangers;
  }

  /** A courier that is lost or silent confirms nothing: the grace ends the run. */
  #inTime(confirmed: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve) => {
      const endLease = this.#deps.timers.after(NOTICE_LEASE_MS, () => resolve(false));
      void confirmed
        .catch(() => false)
        .then(resolve)
        .finally(endLease);
    });
  }

  #courierFor({ runId }: CancelNotice): number {
    for (const { delivery, courier } of this.#out.values())
      if (delivery.runId === runId) return courier;
    const { length } = this.#free;
    const inTurn = this.#free.map((_, step) => (this.#noticeCourier + 1 + step) % length);
    this.#noticeCourier =
      inTurn.find((courier) => (this.#free[courier] ?? 0) > 0) ?? inTurn[0] ?? 0;
    return this.#noticeCourier;
  }

  /** Notices may bring the free slots of a courier below zero: it then gets no delivery until they are done. */
  #take(courier: number, slots: number): void {
    this.#free[courier] = (this.#free[courier] ?? 0) - slots;
  }

  #flushSoon(ms: number): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#deps.timers.after(ms, () => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  /** Fills the free slots. What finds none stays in the queue until answers free one. */
  #flush(): void {
    for (let courier = 0; courier < this.#free.length && this.#queue.length > 0; courier++) {
      const free = this.#free[courier] ?? 0;
      if (free > 0) this.#handOver(courier, this.#queue.splice(0, free));
    }
  }

  #handOver(courier: number, batch: readonly Waiting[]): void {
    this.#take(courier, batch.length);
    for (const waiting of batch)
      this.#out.set(sendingKey(waiting.delivery), { ...waiting, courier });
    const deliveries = batch.map(({ delivery }) => delivery);
    const leaseMs = Math.max(...deliveries.map(({ timeoutMs }) => timeoutMs)) + LEASE_GRACE_MS;
    const endLease = this.#deps.timers.after(leaseMs, () =>
      this.#giveUp(deliveries, "the courier did not answer in time"),
    );
    void this.#carry(courier, deliveries).finally(endLease);
  }

  async #carry(courier: number, deliveries: readonly Delivery[]): Promise<void> {
    try {
      this.answers(await this.#deps.deliver(courier, deliveries));
      this.#giveUp(deliveries, "the courier left it unanswered");
    } catch (error) {
      this.#giveUp(deliveries, `the courier was lost: ${String(error)}`);
    }
  }

  /** Whoever carried these is gone. The targets may have done the work. */
  #giveUp(deliveries: readonly Delivery[], message: string): void {
    const lost = deliveries.filter((delivery) => this.#out.has(sendingKey(delivery)));
    this.answers(lost.map((delivery) => lostAnswer(delivery, message)));
  }
}

function unsentAnswer({ runId, attempt, send }: Delivery): Answered {
  const error = { message: "The run was canceled before it was sent.", code: "courier.unsent" };
  const failed = { retry: true, retryAfterMs: null, delivered: false, gone: false } as const;
  const answer = { kind: "failed", error, ...failed } as const;
  return { runId, attempt, send, answer, status: null, phases: null, node: null, unreached: [] };
}

function lostAnswer({ runId, attempt, send }: Delivery, message: string): Answered {
  const error = { message, code: "courier.lost" };
  const answer = { kind: "unknown", error } as const;
  return { runId, attempt, send, answer, status: null, phases: null, node: null, unreached: [] };
}
