import { unreachable } from "../../src/core/assert.ts";
import type { Job } from "../../src/core/job.ts";
import { isEnded, type Run } from "../../src/core/run.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { Answered, Delivery } from "../../src/ports/dispatcher.ts";
import type { ShardCommandKind, ShardReply } from "../../src/ports/shard-client.ts";
import type { DirectoryCopy, DueEntry } from "../../src/ports/shard-storage.ts";
import { checkArmed, checkJobsArmed, checkRebuilt } from "./armed-laws.ts";
import { type BackfillStory, checkProgress, dropBackfill, takeBackfill } from "./backfill-laws.ts";
import { checkCleared, checkReply } from "./command-laws.ts";
import { noteDelayRun } from "./delay-laws.ts";
import { DeliveriesOut } from "./deliveries-out.ts";
import type { Evidence } from "./evidence.ts";
import { calendarNameOf, JobStory } from "./job-story.ts";
import { KnownCalendars } from "./known-calendars.ts";
import { KnownExecutors } from "./known-executors.ts";
import { checkAllMoved, checkBrokenOff, forgetBroken, LostRuns, noteLost } from "./lost-laws.ts";
import { checkCanceledOthers, checkToldFirst } from "./overlap-laws.ts";
import { checkPriority } from "./priority-laws.ts";
import { checkCatchUp, checkDue, checkTick } from "./tick-laws.ts";
import { checkAlternates, checkHost } from "./routing-laws.ts";
import { checkRunChange, RunStory } from "./run-laws.ts";
import { hold, type Scene } from "./scene.ts";
import { checkSlices, Slices } from "./slice-laws.ts";
import type { HostCall } from "./host-inbox.ts";
import type { ShardHost } from "./shard-host.ts";
import type { Change } from "./watched-storage.ts";
import { keyOf } from "./executor-answers.ts";

export interface Commit {
  readonly shard: number;
  /** The shard's own clock. */
  readonly nowMs: number;
  readonly changes: readonly Change[];
}

/** What can only be judged by a transaction as a whole. */
const AFTER_COMMIT: readonly ((history: History, commit: Commit) => void)[] = [
  checkCatchUp,
  checkCanceledOthers,
  checkProgress,
  checkJobsArmed,
  checkAllMoved,
  checkSlices,
];

/**
 * Everything that was committed in a world, in order, checked as it comes. It is fed by what reached
 * storage and what the executors saw, and knows the laws; how the shard decides it does not know.
 */
export class History {
  readonly scene: Scene;
  readonly evidence: Evidence;
  readonly runs = new Map<string, RunStory>();
  readonly ticks = new Map<string, Tick>();
  readonly jobs = new Map<string, JobStory>();
  readonly backfills = new Map<string, BackfillStory>();
  readonly calendars: KnownCalendars;
  readonly executors: KnownExecutors;
  readonly slices = new Slices();
  readonly lost = new LostRuns();
  readonly deliveries = new DeliveriesOut();
  /** Shards that have been handed answers and have not kept them yet. */
  readonly unsure = new Set<number>();
  /** The due table, by the job or the backfill that it is about. */
  readonly due = new Map<string, DueEntry>();
  /** Live runs by shard. */
  readonly live: Map<string, RunStory>[];
  /** Runs that some caller was told of. */
  readonly promised = new Set<string>();
  /** The first run that an idempotency key gave. */
  readonly byKey = new Map<string, string>();
  /** Jobs that a command resumes in the transaction under way, by name, and how their ticks are caught up. */
  /** The last transaction of each shard, until its effects are over. */
  readonly #lastCommit = new Map<number, Commit>();
  readonly #resumed = new Map<string, "skip" | "latest" | "all" | null>();
  /** The latest that each shard's clock has shown. */
  readonly #latestMs: number[];

  constructor(scene: Scene, evidence: Evidence) {
    this.scene = scene;
    this.evidence = evidence;
    this.live = Array.from({ length: scene.options.shards }, () => new Map<string, RunStory>());
    this.#latestMs = this.live.map(() => 0);
    this.calendars = new KnownCalendars(scene.options.shards);
    this.executors = new KnownExecutors(scene.options.shards);
  }

  latestMs(shard: number): number {
    return this.#latestMs[shard] ?? 0;
  }

  liveOf(shard: number): Map<string, RunStory> {
    return this.live[shard] ?? new Map<string, RunStory>();
  }

  committed(commit: Commit): void {
    const { shard, nowMs, changes } = commit;
    this.#latestMs[shard] = Math.max(this.latestMs(shard), nowMs);
    for (const change of changes)
      if (change.kind === "copy") this.calendars.take(shard, change.copy);
    for (const [i, change] of changes.entries()) this.#take(commit, change, i);
    this.#settleCalendars(commit);
    for (const check of AFTER_COMMIT) check(this, commit);
    for (const change of changes) this.#forgetResume(change);
    this.#resumed.clear();
    this.#lastCommit.set(shard, commit);
  }

  /** Ticks up to now belong to the calendar as it was, later ones to the new. */
  #settleCalendars({ shard, nowMs }: Commit): void {
    const fresh = this.calendars.settle(shard);
    if (fresh.length === 0) return;
    const moment = { nowMs, latestMs: this.latestMs(shard) };
    for (const job of this.jobs.values()) {
      const calendar = fresh.find(({ name }) => name === job.calendarName);
      if (calendar === undefined || job.shard !== shard || job.isDeleted) continue;
      if (job.era?.calendar !== undefined) this.scene.reach("calendar: changed under a job");
      job.recalendared(calendar, moment);
    }
  }

  #take(commit: Commit, change: Change, at: number): void {
    switch (change.kind) {
      case "run":
        this.#takeRun(commit, change.run, at);
        return;
      case "tick":
        this.#takeTick(commit, change.tick, at);
        return;
      case "job":
        this.#takeJob(commit, change.job);
        return;
      case "jobGone":
        this.#takeDeletion(commit, change.jobId);
        return;
      case "due":
      case "dueGone":
        this.#takeDue(change);
        return;
      case "backfill":
        takeBackfill(this, commit, change.backfill);
        return;
      case "backfillGone":
        dropBackfill(this, change.id);
        return;
      case "copy":
        this.#takeCopy(commit, change.copy);
        return;
      default:
        unreachable(change);
    }
  }

  /** Calendars were taken before everything else. */
  #takeCopy({ shard }: Commit, copy: DirectoryCopy): void {
    const executor = this.executors.take(shard, copy);
    if (executor === undefined) return;
    this.scene.note(`stores: ${copy.key} v${copy.version}`);
    noteLost(this, shard, executor);
  }

  #takeDeletion({ shard, nowMs }: Commit, jobId: string): void {
    this.jobs.get(jobId)?.deleted({ nowMs, latestMs: this.latestMs(shard) });
    this.scene.note(`stores: job ${jobId} deleted`);
  }

  #takeDue(change: Extract<Change, { readonly kind: "due" | "dueGone" }>): void {
    if (change.kind === "due") {
      const { jobId, dueMs, cursorMs } = change.entry;
      this.scene.note(`stores: ${jobId} is due at ${dueMs} after ${cursorMs}`);
      checkDue(this, change.entry);
      this.due.set(change.entry.jobId, change.entry);
      return;
    }
    const { jobId, dueMs } = change;
    if (this.due.get(jobId)?.dueMs === dueMs) this.due.delete(jobId);
  }

  #takeRun(commit: Commit, run: Run, at: number): void {
    const { shard, nowMs } = commit;
    const { id, phase } = run;
    this.scene.note(`stores: run ${id} v${run.version} ${phase.state} ${phase.attempt}`);
    let story = this.runs.get(id);
    checkRunChange(this, { story, run, nowMs, commit, at });
    const job = this.jobs.get(run.jobId);
    if (job !== undefined) noteDelayRun(job, run, story?.row);
    if (story === undefined) {
      story = new RunStory(run, commit);
      this.runs.set(id, story);
    }
    story.take(run, commit);
    this.executors.follow(shard, run);
    const { trigger } = run;
    if (trigger.kind === "shard") this.slices.add(trigger.parent, trigger.index, story);
    if (phase.state === "dispatching") this.deliveries.started(id, phase);
    const ofJob = trigger.kind === "shard" ? job?.liveSlices : job?.live;
    for (const live of [this.liveOf(shard), ofJob])
      if (isEnded(phase)) live?.delete(id);
      else live?.set(id, story);
  }

  #takeTick(commit: Commit, tick: Tick, at: number): void {
    const { jobId, nominalMs, toMs, count, disposition, reason } = tick;
    const key = `${jobId}@${nominalMs}`;
    this.scene.note(`stores: tick ${key}-${toMs} x${count} ${disposition} ${reason}`);
    hold("T2 unique", !this.ticks.has(key), () => `tick ${key} was accounted before`);
    checkTick(this, commit, { tick, at });
    this.ticks.set(key, tick);
  }

  #takeJob({ shard, nowMs }: Commit, job: Job): void {
    const pause = job.pause === null ? "" : ` since ${job.pause.sinceMs}`;
    if (job.pause?.reason?.includes("calendar") === true) this.scene.reach("calendar: stops a job");
    this.scene.note(`stores: job ${job.spec.name} v${job.version} ${job.state}${pause}`);
    const latestMs = this.latestMs(shard);
    const known = this.jobs.get(job.id);
    const calendar = this.calendars.find(shard, calendarNameOf(job));
    if (known === undefined) {
      const story = new JobStory(job, { shard, nowMs, latestMs, calendar });
      this.jobs.set(job.id, story);
      return;
    }
    if (known.row.pause !== null && job.pause === null) this.#checkResume(known, job, nowMs);
    known.changed(job, { nowMs, latestMs }, calendar);
  }

  #checkResume(known: JobStory, { spec }: Job, nowMs: number): void {
    const asked = this.#resumed.get(spec.name);
    const untilMs = known.row.pause?.untilMs ?? Number.POSITIVE_INFINITY;
    const mayEnd = asked !== undefined || untilMs <= nowMs;
    hold("T6 a pause lasts", mayEnd, () => `${spec.name} before ${untilMs}`);
    known.resumedBy = asked ?? spec.misfire.policy;
    if (asked === undefined) this.scene.reach("job: resumes by itself");
  }

  #forgetResume(change: Change): void {
    if (change.kind !== "job") return;
    const job = this.jobs.get(change.job.id);
    if (job !== undefined) job.resumedBy = undefined;
  }

  /** A delivery leaves its shard. */
  leaves(delivery: Delivery, shard: number): void {
    const { runId, attempt, send } = delivery;
    const story = this.runs.get(runId);
    const phase = story?.row.phase;
    hold(
      "R3 intent first",
      phase?.state === "dispatching" && phase.attempt === attempt && phase.send === send,
      () => `${keyOf(delivery)} leaves while storage says ${JSON.stringify(phase)}`,
    );
    const key = `${attempt}#${send}`;
    hold("R4 sent once", story?.sent.has(key) === false, () => `${keyOf(delivery)} left twice`);
    story?.sent.add(key);
    if (story !== undefined) checkToldFirst(story);
    this.deliveries.left(delivery, shard);
    checkHost(this, delivery, shard);
    checkAlternates(this, delivery, shard);
  }

  /** A shard is handed answers. */
  hears({ deps }: ShardHost, answers: readonly Answered[]): void {
    if (answers.length > 0) this.unsure.add(deps.shard);
    for (const answered of answers) {
      this.deliveries.answered(answered);
      this.executors.hears(deps.shard, answered);
    }
  }

  /** It has kept them. Of an answer to a run that had ended nothing may have been learnt. */
  heard({ deps }: ShardHost, answers: readonly Answered[]): void {
    this.unsure.delete(deps.shard);
    for (const answered of answers)
      this.executors.heard(deps.shard, answered, !this.#wasOver(deps.shard, answered));
  }

  #wasOver(shard: number, { runId }: Answered): boolean {
    const story = this.runs.get(runId);
    const commit = this.#lastCommit.get(shard);
    return story === undefined || (isEnded(story.row.phase) && story.endedIn !== commit);
  }

  /** The clock of a shard fell back: it waits no longer than it would from now on. */
  clamp(shard: number, nowMs: number): void {
    this.deliveries.clamp(shard, nowMs);
    for (const story of this.liveOf(shard).values()) {
      if (story.lease === undefined) continue;
      const untilMs = Math.min(story.lease.untilMs, nowMs + story.row.order.timeoutMs);
      story.lease = { ...story.lease, untilMs };
    }
  }

  /** A command was done inside a transaction that may yet fail. */
  answered(command: {
    readonly call: HostCall;
    readonly reply: ShardReply<ShardCommandKind>;
    readonly before: Run | undefined;
    readonly after: Run | undefined;
    readonly nowMs: number;
  }): void {
    const { call, reply } = command;
    if (call.kind === "job.resume" && "missed" in call.input && reply.ok && "view" in reply.value)
      this.#resumed.set(reply.value.view.job.spec.name, call.input.missed);
    checkReply(this, command);
  }

  /** The caller is about to hear. From here on the shard is bound by what it said. */
  replied(call: HostCall, reply: ShardReply<ShardCommandKind>): void {
    checkCleared(this, call, reply);
    if (!reply.ok || !("run" in reply.value) || reply.value.run === null) return;
    const { run } = reply.value;
    hold("R1 durable", this.runs.has(run.id), () => `run ${run.id} was promised, not stored`);
    this.promised.add(run.id);
    const story = this.runs.get(run.id);
    if (story !== undefined && "isCanceled" in reply.value && run.phase.state === "running")
      story.lease = { attempt: run.phase.attempt, untilMs: run.phase.dueMs };
    if (call.idempotency === null) return;
    const { key } = call.idempotency;
    const first = this.byKey.get(key) ?? run.id;
    this.byKey.set(key, first);
    hold("R1 one key, one run", first === run.id, () => `key ${key}: ${first}, then ${run.id}`);
  }

  /** A transaction and its effects are over. */
  settled(host: ShardHost): void {
    const { shard } = host.deps;
    const commit = this.#lastCommit.get(shard);
    this.#lastCommit.delete(shard);
    checkArmed(this, host);
    checkBrokenOff(this, shard);
    if (commit !== undefined) checkPriority(this, host, commit);
  }

  /** The process of a shard died, and with it the deliveries that it carried. */
  died(shard: number): void {
    this.#lastCommit.delete(shard);
    this.deliveries.lost(shard);
    this.unsure.delete(shard);
    forgetBroken(this, shard);
    this.lost.mustMove.clear();
  }

  woke(host: ShardHost): void {
    this.#lastCommit.delete(host.deps.shard);
    checkRebuilt(this, host);
  }
}
