import type { Json } from "../../src/core/json.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";

function keyOf({ runId, attempt, send }: Pick<Arrival, "runId" | "attempt" | "send">): string {
  return `${runId}#${attempt}#${send}`;
}

/** A request as an executor saw it come in. */
export interface Arrival {
  readonly runId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly send: number;
  readonly nominalMs: number;
  readonly trigger: Delivery["trigger"];
}

/**
 * The executors' own log: what reached them, and what they said. The scheduler's tables are judged by it,
 * never the other way round.
 */
export class Evidence {
  readonly arrivals: Arrival[] = [];
  readonly #arrivalsOf = new Map<string, number>();
  readonly #successes = new Set<string>();
  readonly #wentTo = new Set<string>();
  readonly #stops = new Set<string>();
  readonly #waits = new Map<string, number[]>();

  /** `node` is its address; null for a webhook. */
  arrived(delivery: Delivery, node: string | null): void {
    this.#wentTo.add(`${keyOf(delivery)} ${node}`);
    const { runId, jobId, attempt, send, nominalMs, trigger } = delivery;
    this.arrivals.push({ runId, jobId, attempt, send, nominalMs, trigger });
    this.#arrivalsOf.set(runId, this.arrivalsOf(runId) + 1);
  }

  hasArrivedAt(of: Pick<Arrival, "runId" | "attempt" | "send">, node: string | null): boolean {
    return this.#wentTo.has(`${keyOf(of)} ${node}`);
  }

  arrivalsOf(runId: string): number {
    return this.#arrivalsOf.get(runId) ?? 0;
  }

  /** An executor says, in an answer or a callback, that an attempt succeeded. */
  saysSuccess(of: { readonly runId: string; readonly attempt: number }, result: Json): void {
    this.#successes.add(`${of.runId}#${of.attempt}=${JSON.stringify(result)}`);
  }

  saidSuccess(runId: string, attempt: number, result: Json): boolean {
    return this.#successes.has(`${runId}#${attempt}=${JSON.stringify(result)}`);
  }

  /** An executor says that an attempt is not under way with it any more. */
  saysStopped({ runId, attempt }: { readonly runId: string; readonly attempt: number }): void {
    this.#stops.add(`${runId}#${attempt}`);
  }

  saidStopped(runId: string, attempt: number): boolean {
    return this.#stops.has(`${runId}#${attempt}`);
  }

  /** An executor asks to be left alone for so long. */
  asksToWait(of: { readonly runId: string; readonly attempt: number }, ms: number): void {
    const key = `${of.runId}#${of.attempt}`;
    this.#waits.set(key, [...(this.#waits.get(key) ?? []), ms]);
  }

  /** What it asked for in its answers to one attempt, which may have been sent twice. */
  askedToWaitMs(runId: string, attempt: number): readonly number[] {
    return this.#waits.get(`${runId}#${attempt}`) ?? [];
  }
}
