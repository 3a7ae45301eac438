/**
 * The runs of one simulated job: which are under way, which wait for their turn, and when each ends. They
 * follow the rules of the shard for one job that always finds a free slot.
 */

/** A run as the simulation sees it. */
export interface SimulatedRun {
  readonly nominalMs: number;
  /** When its first attempt is sent; null while it waits. */
  startsMs: number | null;
  /** When its end is known to the scheduler; null before. */
  endsMs: number | null;
  isCanceled: boolean;
}

export interface RunRules {
  /** Runs that may be under way at once. */
  readonly limit: number;
  /** How long each one takes. */
  readonly durationMs: number;
  readonly startWithinMs: number | null;
}

export class SimulatedRuns {
  readonly #rules: RunRules;
  /** In the order in which they end: all of them take equally long. */
  #started: SimulatedRun[] = [];
  /** In nominal order. */
  #waiting: SimulatedRun[] = [];

  constructor(rules: RunRules) {
    this.#rules = rules;
  }

  /** Runs that have not ended: those under way and those that wait. */
  get live(): number {
    return this.#started.length + this.#waiting.length;
  }

  /** When the first of those under way is over, or one that waits is too late to start; null when never. */
  get nextEndMs(): number | null {
    const { durationMs, startWithinMs } = this.#rules;
    const startsMs = this.#started[0]?.startsMs ?? null;
    const endMs = startsMs === null ? Infinity : startsMs + durationMs;
    const waiting = this.#waiting[0];
    const isBounded = waiting !== undefined && startWithinMs !== null;
    const lateMs = isBounded ? waiting.nominalMs + startWithinMs + 1 : Infinity;
    const nextMs = Math.min(endMs, lateMs);
    return nextMs === Infinity ? null : nextMs;
  }

  /** Ends what is over by now. Returns those that ended. */
  end(nowMs: number): readonly SimulatedRun[] {
    const { durationMs } = this.#rules;
    const over = leading(
      this.#started,
      ({ startsMs }) => (startsMs ?? nowMs) + durationMs <= nowMs,
    );
    for (const run of over) run.endsMs = nowMs;
    return over;
  }

  add(nominalMs: number): SimulatedRun {
    const run: SimulatedRun = { nominalMs, startsMs: null, endsMs: null, isCanceled: false };
    this.#waiting.push(run);
    return run;
  }

  /** Cancels all of them, for one that takes their place. Returns those that ended. */
  cancel(nowMs: number): readonly SimulatedRun[] {
    const canceled = [...this.#started, ...this.#waiting];
    this.#started = [];
    this.#waiting = [];
    for (const run of canceled) {
      run.endsMs = nowMs;
      run.isCanceled = true;
    }
    return canceled;
  }

  /** Starts as many as there is room for, the oldest first. Returns those that ended as too late to start. */
  start(nowMs: number): readonly SimulatedRun[] {
    const { limit, startWithinMs } = this.#rules;
    const late = leading(
      this.#waiting,
      ({ nominalMs }) => startWithinMs !== null && nowMs - nominalMs > startWithinMs,
    );
    for (const run of late) {
      run.endsMs = nowMs;
      run.isCanceled = true;
    }
    for (const run of this.#waiting.splice(0, limit - this.#started.length)) {
      run.startsMs = nowMs;
      this.#started.push(run);
    }
    return late;
  }
}

/** Takes the first of some runs from their list, as far as they are all of a kind. */
function leading(
  runs: SimulatedRun[],
  isOne: (run: SimulatedRun) => boolean,
): readonly SimulatedRun[] {
  const rest = runs.findIndex((run) => !isOne(run));
  return runs.splice(0, rest === -1 ? runs.length : rest);
}
