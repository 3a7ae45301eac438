import { isEnded, type Run } from "../core/run.ts";
import type { SendingRef } from "../ports/dispatcher.ts";

/** A delivery that is out, and holds a slot. */
interface Sending {
  readonly attempt: number;
  readonly send: number;
  /** When its carrier counts as silent: the slot is given back then, whatever became of the run. */
  readonly silentMs: number;
  /** How long that is after the send. */
  readonly patienceMs: number;
  /** The host that it goes to, as a key; null when it goes nowhere. */
  readonly hostKey: string | null;
}

/** Told of deliveries that go out to a host, and come back. */
export interface HostPlaces {
  took(hostKey: string): void;
  freed(hostKey: string): void;
}

/**
 * The deliveries that are out, by run; those of canceled runs hold a slot, too, until they come back.
 * It survives a rebuild: the process still carries them.
 */
export class InFlight {
  readonly #out = new Map<string, Sending>();
  /** What was out before the transaction under way, of the runs whose sendings it changed. */
  readonly #before = new Map<string, Sending | undefined>();
  /** How many go to each host. */
  readonly #outTo = new Map<string, number>();
  readonly #hosts: HostPlaces;
  /** Of each job, the canceled runs whose deliveries are out, and when they were canceled. */
  readonly #canceled = new Map<string, Map<string, number>>();
  /** Deliveries that their carriers have not been told to break off yet. */
  readonly #aborts: SendingRef[] = [];
  /** How many of these there were before the transaction under way. */
  #abortsBefore = 0;
  /** Jobs whose last canceled delivery has come back in the transaction under way. */
  readonly #cleared = new Set<string>();

  constructor(hosts: HostPlaces) {
    this.#hosts = hosts;
  }

  get size(): number {
    return this.#out.size;
  }

  has(runId: string): boolean {
    return this.#out.has(runId);
  }

  /** Deliveries that are out to a host. */
  outTo(hostKey: string): number {
    return this.#outTo.get(hostKey) ?? 0;
  }

  add(
    { runId, attempt, send }: SendingRef,
    to: { readonly hostKey: string | null; readonly nowMs: number; readonly silentMs: number },
  ): void {
    const { hostKey, nowMs, silentMs } = to;
    this.#drop(runId);
    this.#put(runId, { attempt, send, silentMs, patienceMs: silentMs - nowMs, hostKey });
    if (hostKey === null) return;
    this.#outTo.set(hostKey, this.outTo(hostKey) + 1);
    this.#hosts.took(hostKey);
  }

  /** An answer came; that to an older sending of the run changes nothing. */
  answered({ runId, attempt, send }: SendingRef, run: Run | undefined): void {
    const out = this.#out.get(runId);
    if (out?.attempt === attempt && out.send === send) this.remove(runId, run);
  }

  remove(runId: string, run: Run | undefined): void {
    if (!this.#drop(runId) || run === undefined) return;
    const canceled = this.#canceled.get(run.jobId);
    if (canceled?.delete(runId) !== true || canceled.size > 0) return;
    this.#canceled.delete(run.jobId);
    this.#cleared.add(run.jobId);
  }

  /** The run was canceled: its delivery, if it is out, is to be broken off. */
  cancel(run: Run): void {
    const out = this.#out.get(run.id);
    if (out === undefined) return;
    const { attempt, send } = out;
    this.#aborts.push({ runId: run.id, attempt, send });
    this.#noteCanceled(run);
  }

  /** The node of a run is lost: its newest delivery, if it is out, is to be broken off. */
  breakOff({ id, attempts }: Run): void {
    const out = this.#out.get(id);
    const last = attempts.at(-1);
    if (out === undefined || last?.attempt !== out.attempt || last.send !== out.send) return;
    this.#aborts.push({ runId: id, attempt: out.attempt, send: out.send });
  }

  /** When the newest of a job's canceled runs whose delivery is out was canceled; null when none is. */
  canceledMs(jobId: string): number | null {
    const canceled = this.#canceled.get(jobId);
    return canceled === undefined ? null : Math.max(...canceled.values());
  }

  /** Jobs that had canceled deliveries out, and now have none: each is told once. */
  takeCleared(): readonly string[] {
    if (this.#cleared.size === 0) return [];
    const cleared = [...this.#cleared];
    this.#cleared.clear();
    return cleared;
  }

  /** Deliveries that are to be broken off: each is told once, after the commit. */
  takeAborts(): readonly SendingRef[] {
    return this.#aborts.splice(0);
  }

  /** Runs whose carriers count as silent. */
  silent(nowMs: number): readonly string[] {
    const silent: string[] = [];
    for (const [runId, { silentMs }] of this.#out) if (silentMs <= nowMs) silent.push(runId);
    return silent;
  }

  nextSilentMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { silentMs } of this.#out.values())
      if (nextMs === undefined || silentMs < nextMs) nextMs = silentMs;
    return nextMs;
  }

  /** After the clock stepped back: nobody is waited for longer than at the send. */
  clamp(nowMs: number): void {
    for (const [runId, out] of this.#out) {
      const silentMs = Math.min(out.silentMs, nowMs + out.patienceMs);
      if (silentMs < out.silentMs) this.#put(runId, { ...out, silentMs });
    }
  }

  /** A transaction begins: `rollBack` goes back to what is out now. */
  mark(): void {
    this.#before.clear();
    this.#abortsBefore = this.#aborts.length;
  }

  /** What was out stays out, but nothing that the failed transaction handed out will ever leave. */
  rollBack(): void {
    for (const [runId, out] of this.#before)
      if (out === undefined) this.#out.delete(runId);
      else this.#out.set(runId, out);
    this.#before.clear();
    this.#outTo.clear();
    for (const { hostKey } of this.#out.values())
      if (hostKey !== null) this.#outTo.set(hostKey, this.outTo(hostKey) + 1);
    this.#aborts.length = this.#abortsBefore;
    this.#cleared.clear();
  }

  /** Reads anew which of the runs are canceled. */
  rebuild(runOf: (runId: string) => Run | undefined): void {
    this.#canceled.clear();
    for (const runId of this.#out.keys()) {
      const run = runOf(runId);
      if (run?.phase.state === "canceled") this.#noteCanceled(run);
    }
  }

  clear(): void {
    this.#out.clear();
    this.#before.clear();
    this.#outTo.clear();
    this.#canceled.clear();
    this.#aborts.length = 0;
    this.#abortsBefore = 0;
    this.#cleared.clear();
  }

  /** False when it was not out. */
  #drop(runId: string): boolean {
    const out = this.#out.get(runId);
    if (out === undefined) return false;
    this.#remember(runId);
    this.#out.delete(runId);
    if (out.hostKey === null) return true;
    const left = this.outTo(out.hostKey) - 1;
    if (left > 0) this.#outTo.set(out.hostKey, left);
    else this.#outTo.delete(out.hostKey);
    this.#hosts.freed(out.hostKey);
    return true;
  }

  #put(runId: string, out: Sending): void {
    this.#remember(runId);
    this.#out.set(runId, out);
  }

  /** Before the first change of a run's sending in a transaction. */
  #remember(runId: string): void {
    if (!this.#before.has(runId)) this.#before.set(runId, this.#out.get(runId));
  }

  #noteCanceled({ id, jobId, phase }: Run): void {
    const canceled = this.#canceled.get(jobId) ?? new Map<string, number>();
    this.#cleared.delete(jobId);
    this.#canceled.set(jobId, canceled.set(id, isEnded(phase) ? phase.endedMs : 0));
  }
}
