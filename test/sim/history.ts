import { unreachable } from "../../src/core/assert.ts";
import type { Job } from "../../src/core/job.ts";
import { isEnded, type Run } from "../../src/core/run.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { Delivery } from "../../src/ports/dispatcher.ts";
import type { ShardCommandKind, ShardReply } from "../../src/ports/shard-client.ts";
import type { DueEntry } from "../../src/ports/shard-storage.ts";
import { checkArmed, checkJobsArmed, checkRebuilt } from "./armed-laws.ts";
import { type BackfillStory, checkProgress, dropBackfill, takeBackfill } from "./backfill-laws.ts";
import { settleCalendars } from "./calendar-changes.ts";
import { checkTold } from "./cancel-laws.ts";
import { checkCleared, checkPromised, checkReply } from "./command-laws.ts";
import { noteDelayRun } from "./delay-laws.ts";
import { DeliveriesOut } from "./deliveries-out.ts";
import { takeDue } from "./due-laws.ts";
import { Errands } from "./errand-laws.ts";
import type { Evidence } from "./evidence.ts";
import { calendarNameOf, JobStory } from "./job-story.ts";
import { KnownCalendars } from "./known-calendars.ts";
import { KnownExecutors } from "./known-executors.ts";
import { KnownWorkflows } from "./known-workflows.ts";
import {
  checkAllMoved,
  checkBrokenOff,
  forgetBroken,
  LostRuns,
  takeExecutor,
} from "./lost-laws.ts";
import { checkCanceledOthers } from "./overlap-laws.ts";
import type { ModelRecords } from "./model-records.ts";
import { checkPriority } from "./priority-laws.ts";
import { checkCatchUp, takeTick } from "./tick-laws.ts";
import { Resumes } from "./resumes.ts";
import { checkAlternates, checkHost } from "./routing-laws.ts";
import { checkIntent, checkRunChange, RunStory } from "./run-laws.ts";
import type { Scene } from "./scene.ts";
import { checkSlices, Slices } from "./slice-laws.ts";
import { checkStepLeaves } from "./start-laws.ts";
import type { HostCall } from "./host-inbox.ts";
import type { ShardHost } from "./shard-host.ts";
import type { Change } from "./watched-storage.ts";
import { isAboutWorkflows, type WorkflowChange } from "./watched-workflows.ts";
import {
  checkWorkflows,
  closeWorkflows,
  settleWorkflows,
  workflowAnswered,
  workflowReplied,
} from "./workflow-history.ts";
import { openWorkflows, takePart, takeWorkflowChange } from "./workflow-laws.ts";
import type { WorkflowStory } from "./workflow-story.ts";

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
  checkWorkflows,
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
  readonly workflows: KnownWorkflows;
  readonly errands = new Errands();
  /** What the shards have told of all this. */
  records: ModelRecords | undefined;
  readonly lost = new LostRuns();
  /** Runs whose nodes are to be told to stop them, once the transaction is over. */
  readonly toBeTold = new Set<string>();
  readonly deliveries = new DeliveriesOut();
  /** Shards that have been handed answers and have not kept them yet. */
  readonly unsure = new Set<number>();
  /** The latest at which each shard has looked at its clock, whether or not that made it store anything. */
  readonly seenMs = new Map<number, number>();
  /** The due table, by the job or the backfill that it is about. */
  readonly due = new Map<string, DueEntry>();
  /** Live runs by shard. */
  readonly live: Map<string, RunStory>[];
  /** Runs that some caller was told of. */
  readonly promised = new Set<string>();
  /** The first run that an idempotency key gave. */
  readonly byKey = new Map<string, string>();
  /** The last transaction of each shard, until its effects are over. */
  readonly #lastCommit = new Map<number, Commit>();
  readonly #resumes = new Resumes();
  /** Workflow runs that the last transaction has changed. */
  readonly #changed: WorkflowStory[] = [];
  /** The latest that each shard's clock has shown. */
  readonly #latestMs: number[];

  constructor(scene: Scene, evidence: Evidence) {
    this.scene = scene;
    this.evidence = evidence;
    this.live = Array.from({ length: scene.options.shards }, () => new Map<string, RunStory>());
    this.#latestMs = this.live.map(() => 0);
    this.calendars = new KnownCalendars(scene.options.shards);
    this.executors = new KnownExecutors(scene.options.shards);
    this.workflows = new KnownWorkflows(scene.options.shards);
  }

  /** The last transaction of a shard whose effects are not over. */
  lastCommit(shard: number): Commit | undefined {
    return this.#lastCommit.get(shard);
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
    openWorkflows(this, commit);
    for (const [i, change] of changes.entries())
      if (isAboutWorkflows(change)) takeWorkflowChange(this, commit, change);
      else this.#take(commit, change, i);
    settleCalendars(this, commit);
    for (const check of AFTER_COMMIT) check(this, commit);
    for (const change of changes)
      if (change.kind === "job") this.jobs.get(change.job.id)?.forgetResume();
    this.#resumes.clear();
    this.#changed.push(...closeWorkflows(this));
    this.#lastCommit.set(shard, commit);
  }

  #take(commit: Commit, change: Exclude<Change, WorkflowChange>, at: number): void {
    switch (change.kind) {
      case "run":
        this.#takeRun(commit, change.run, at);
        return;
      case "tick":
        takeTick(this, commit, change.tick, at);
        return;
      case "job":
        this.#takeJob(commit, change.job);
        return;
      case "jobGone":
        this.#takeDeletion(commit, change.jobId);
        return;
      case "due":
      case "dueGone":
        takeDue(this, change);
        return;
      case "backfill":
        takeBackfill(this, commit, change.backfill);
        return;
      case "backfillGone":
        dropBackfill(this, change.id);
        return;
      case "copy":
        takeExecutor(this, commit.shard, change.copy); // Calendars were taken before.
        return;
      default:
        unreachable(change);
    }
  }

  #takeDeletion({ shard, nowMs }: Commit, jobId: string): void {
    this.jobs.get(jobId)?.deleted({ nowMs, latestMs: this.latestMs(shard) });
    this.scene.note(`stores: job ${jobId} deleted`);
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
    const isNew = story.row === run;
    story.take(run, commit);
    takePart(this, story, isNew);
    this.executors.follow(shard, run);
    const { trigger } = run;
    if (trigger.kind === "shard") this.slices.add(trigger.parent, trigger.index, story);
    this.deliveries.follow(shard, run);
    this.#followLive(shard, run, story);
  }

  #followLive(shard: number, { id, jobId, phase, trigger }: Run, story: RunStory): void {
    const job = this.jobs.get(jobId);
    const ofJob = trigger.kind === "shard" ? job?.liveSlices : job?.live;
    for (const live of [this.liveOf(shard), ofJob])
      if (isEnded(phase)) live?.delete(id);
      else live?.set(id, story);
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
      story.cursorMs = this.due.get(job.id)?.cursorMs ?? story.cursorMs;
      this.jobs.set(job.id, story);
      return;
    }
    if (known.row.pause !== null && job.pause === null)
      this.#resumes.check(this.scene, known, job, nowMs);
    known.changed(job, { nowMs, latestMs }, calendar);
  }

  /** A delivery leaves its shard. */
  leaves(delivery: Delivery, shard: number): void {
    checkIntent(this.runs.get(delivery.runId), delivery);
    checkStepLeaves(this, delivery);
    this.deliveries.left(delivery, shard);
    checkHost(this, delivery, shard);
    checkAlternates(this, delivery, shard);
  }

  /** A command was done inside a transaction that may yet fail. */
  answered(command: {
    readonly call: HostCall;
    readonly reply: ShardReply<ShardCommandKind>;
    readonly before: Run | undefined;
    readonly after: Run | undefined;
    readonly nowMs: number;
    readonly shard: number;
  }): void {
    workflowAnswered(this, command.shard, command.call, command.reply);
    this.#resumes.note(command.call, command.reply);
    checkReply(this, command);
  }

  /** The caller is about to hear. From here on the shard is bound by what it said. */
  replied(call: HostCall, reply: ShardReply<ShardCommandKind>, shard: number): void {
    if (workflowReplied(this, shard, call, reply)) return;
    checkCleared(this, call, reply);
    if (reply.ok) checkPromised(this, call, reply.value);
  }

  /** A transaction and its effects are over. */
  settled(host: ShardHost): void {
    const { shard } = host.deps;
    const commit = this.#lastCommit.get(shard);
    this.#lastCommit.delete(shard);
    checkArmed(this, host);
    checkBrokenOff(this, shard);
    checkTold(this, shard);
    if (commit !== undefined) checkPriority(this, host, commit);
    settleWorkflows(this, host, this.#changed.splice(0));
  }

  /** The process of a shard died, and with it the deliveries that it carried. */
  died(shard: number): void {
    this.#lastCommit.delete(shard);
    this.deliveries.lost(shard);
    this.unsure.delete(shard);
    forgetBroken(this, shard);
    this.lost.mustMove.clear();
    this.workflows.expected = [];
    this.toBeTold.clear();
  }

  woke(host: ShardHost): void {
    this.#lastCommit.delete(host.deps.shard);
    checkRebuilt(this, host);
  }
}
