import { RUN_LIMITS, type Run } from "../../src/core/run.ts";
import type { Answered, Delivery, SendingRef } from "../../src/ports/dispatcher.ts";
import { keyOf } from "./executor-answers.ts";
import { hostOf, hostOfRun } from "./routing-laws.ts";

/** A delivery that has left its shard. */
export interface OutDelivery {
  readonly key: string;
  readonly shard: number;
  /** Where it goes first; null when it goes nowhere. */
  readonly host: string | null;
  /** When its carrier counts as silent, by the shard's own clock. */
  silentMs: number;
  readonly patienceMs: number;
  isOver: boolean;
  /** The shard has given its slot back, for nobody reported. */
  isGivenUp: boolean;
  isAborted: boolean;
}

/** Which deliveries are under way, as the hosts saw them leave and be answered. */
export class DeliveriesOut {
  readonly #byRun = new Map<string, OutDelivery>();
  /** Deliveries that are going to leave when the transaction under way is over. */
  readonly #intended = new Map<string, { readonly shard: number; readonly host: string | null }>();

  left(delivery: Delivery, shard: number): void {
    this.#intended.delete(delivery.runId);
    const patienceMs = delivery.timeoutMs + RUN_LIMITS.dispatchGraceMs;
    this.#byRun.set(delivery.runId, {
      key: keyOf(delivery),
      shard,
      host: hostOfDelivery(delivery),
      silentMs: delivery.sentMs + patienceMs,
      patienceMs,
      isOver: false,
      isGivenUp: false,
      isAborted: false,
    });
  }

  /** Follows a run's row. When a new sending begins, what an earlier one may still bring counts no more. */
  follow(shard: number, run: Run): void {
    const { id, phase } = run;
    this.#intended.delete(id);
    if (phase.state !== "dispatching") return;
    const out = this.#byRun.get(id);
    if (out?.key === keyOf({ runId: id, ...phase })) return;
    this.#intended.set(id, { shard, host: hostOfRun(run) });
    if (out === undefined) return;
    out.isOver = true;
    this.#byRun.delete(id);
  }

  /** The shard has taken the answer. */
  answered(answered: Answered): void {
    const out = this.#byRun.get(answered.runId);
    if (out?.key !== keyOf(answered)) return;
    out.isOver = true;
    this.#byRun.delete(answered.runId);
  }

  /** The process that carried them is gone. */
  lost(shard: number): void {
    for (const [runId, each] of this.#intended)
      if (each.shard === shard) this.#intended.delete(runId);
    for (const [runId, out] of this.#byRun) {
      if (out.shard !== shard) continue;
      out.isOver = true;
      this.#byRun.delete(runId);
    }
  }

  /** Its carrier was told to break it off. */
  aborted(sending: SendingRef): void {
    const out = this.#byRun.get(sending.runId);
    if (out?.key === keyOf(sending)) out.isAborted = true;
  }

  /** The clock of a shard fell back: it waits no longer than it would have from the send on. */
  clamp(shard: number, nowMs: number): void {
    for (const out of this.#byRun.values())
      if (out.shard === shard) out.silentMs = Math.min(out.silentMs, nowMs + out.patienceMs);
  }

  /** How many are out to a host, as far as their shard can tell. */
  outTo(shard: number, host: string): number {
    let out = 0;
    for (const each of [...this.#byRun.values(), ...this.#intended.values()])
      if (each.shard === shard && each.host === host) out++;
    return out;
  }

  /** Those of them whose carriers do not count as silent. */
  awaitedFrom(shard: number, host: string, nowMs: number): number {
    let out = 0;
    for (const each of this.#byRun.values())
      if (each.shard === shard && each.host === host && !each.isGivenUp && each.silentMs > nowMs)
        out++;
    return out;
  }

  /** A shard has looked at the clock: whose time is over then keeps no slot, though the clock may fall back. */
  looked(shard: number, nowMs: number): void {
    for (const each of this.#byRun.values())
      if (each.shard === shard && each.silentMs <= nowMs) each.isGivenUp = true;
  }

  outOf(runId: string): OutDelivery | undefined {
    return this.#byRun.get(runId);
  }

  isOver({ isOver, silentMs }: OutDelivery, nowMs: number): boolean {
    return isOver || silentMs <= nowMs;
  }
}

function hostOfDelivery({ route }: Delivery): string | null {
  if (route.kind === "none" || route.kind === "workflow") return null;
  return hostOf(route.kind === "webhook" ? route.target.url : route.node.address);
}
