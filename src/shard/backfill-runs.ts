import { isEnded, type EndedState, type Run } from "../core/run.ts";

/** What happened to the runs of one backfill since it was last asked. */
export interface BackfillNews {
  readonly backfillId: string;
  /** The ends of its runs, one each. */
  readonly ended: readonly EndedState[];
}

/**
 * The runs of backfills that have not ended, as memory holds them: which wait for their start, and what
 * has happened to them in the transaction under way. Storage has all of it; a rebuild finds it again.
 */
export class BackfillRuns {
  /** By backfill: each of its live runs, and whether it waits for its start. */
  readonly #live = new Map<string, Map<string, boolean>>();
  readonly #news = new Map<string, EndedState[]>();

  clear(): void {
    this.#live.clear();
    this.#news.clear();
  }

  /** Follows a write of a run, or the scan at the start. */
  put({ id, trigger, phase }: Run): void {
    if (trigger.kind !== "backfill") return;
    const runs = this.#live.get(trigger.backfill);
    const wasWaiting = runs?.get(id);
    if (isEnded(phase)) {
      if (wasWaiting === undefined) return; // Its end was told before, or before this process.
      this.#remove(trigger.backfill, id);
      this.#newsOf(trigger.backfill).push(phase.state);
      return;
    }
    const isWaiting = phase.state === "waiting";
    if (runs === undefined) this.#live.set(trigger.backfill, new Map([[id, isWaiting]]));
    else runs.set(id, isWaiting);
    if (wasWaiting === true && !isWaiting) this.#newsOf(trigger.backfill);
  }

  runsOf(backfillId: string): readonly string[] {
    return [...(this.#live.get(backfillId)?.keys() ?? [])];
  }

  /** How many of its runs have not started. */
  waitingOf(backfillId: string): number {
    let waiting = 0;
    for (const isWaiting of this.#live.get(backfillId)?.values() ?? []) if (isWaiting) waiting++;
    return waiting;
  }

  /** The backfills whose runs have started or ended, each told once. */
  takeNews(): readonly BackfillNews[] {
    if (this.#news.size === 0) return NO_NEWS;
    const news = Array.from(this.#news, ([backfillId, ended]) => ({ backfillId, ended }));
    this.#news.clear();
    return news;
  }

  #newsOf(backfillId: string): EndedState[] {
    const known = this.#news.get(backfillId) ?? [];
    this.#news.set(backfillId, known);
    return known;
  }

  #remove(backfillId: string, runId: string): void {
    const runs = this.#live.get(backfillId);
    runs?.delete(runId);
    if (runs?.size === 0) this.#live.delete(backfillId);
  }
}

const NO_NEWS: readonly BackfillNews[] = [];
