import type { Phase, Run } from "../core/run.ts";
import { WaitingLine } from "./waiting-line.ts";

/** Where memory keeps a live run, beside its job. */
export interface LiveRun {
  readonly id: string;
  readonly job: JobRuns;
  readonly nominalMs: number;
  readonly priority: number;
  readonly isTick: boolean;
  isActive: boolean;
  isStarted: boolean;
  /** Its attempt is out: its due time is a deadline. */
  isOut: boolean;
  isInLine: boolean;
  place: "nowhere" | "wheel" | "deadlines" | "ready" | "parked" | "blocked" | "expired";
}

/** The live runs of one job, or the live slices of one sharded run, counted. */
export class JobRuns {
  readonly ids = new Set<string>();
  /** Runs whose time has come: all but those that wait for a later one. */
  active = 0;
  /** Those of them that have had an attempt, or have been split. */
  started = 0;
  /** Those that a tick made. */
  ticks = 0;
  parked = 0;
  /** The run that waits for the deliveries of those that were canceled for it. */
  held: LiveRun | null = null;
  /** Whether more than the counts here may follow the end of one of the runs. */
  isWatched: boolean;
  /** Runs whose time has come and that have not started. Made when the first one has to wait. */
  #line: WaitingLine<LiveRun> | null = null;

  constructor(isWatched: boolean) {
    this.isWatched = isWatched;
  }

  join({ id, nominalMs, order, trigger }: Run): LiveRun {
    const isTick = trigger.kind === "tick";
    this.ids.add(id);
    if (isTick) this.ticks++;
    return {
      id,
      job: this,
      nominalMs,
      priority: order.priority,
      isTick,
      isActive: false,
      isStarted: false,
      isOut: false,
      isInLine: false,
      place: "nowhere",
    };
  }

  leave(live: LiveRun): void {
    this.leaveLine(live);
    this.ids.delete(live.id);
    if (live.isActive) this.active--;
    if (live.isStarted) this.started--;
    if (live.isTick) this.ticks--;
    if (this.held === live) this.held = null;
  }

  activate(live: LiveRun): void {
    if (live.isActive) return;
    live.isActive = true;
    this.active++;
  }

  /** Follows a phase of one of the runs. */
  follow(live: LiveRun, { state, attempt }: Phase): void {
    live.isOut = state === "dispatching" || state === "running";
    if (live.isStarted || (attempt === 0 && !live.isOut)) return;
    live.isStarted = true;
    this.started++;
  }

  joinLine(live: LiveRun): void {
    if (live.isStarted || live.isInLine) return;
    this.#line ??= new WaitingLine();
    this.#line.add(live);
    live.isInLine = true;
  }

  leaveLine(live: LiveRun): void {
    if (!live.isInLine) return;
    this.#line?.remove(live);
    live.isInLine = false;
  }

  /** How many come before this run: those that have started, and those before it in line. */
  before(run: Run): number {
    return this.started + (this.#line?.ahead(run) ?? 0);
  }

  firstInLine(count: number): readonly LiveRun[] {
    return this.#line?.first(count) ?? [];
  }
}
