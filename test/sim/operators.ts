import { namespaceKey } from "../../src/core/directory.ts";
import type { JobSpec } from "../../src/core/job.ts";
import { isEnded, type Run, type Slice } from "../../src/core/run.ts";
import { slicesToRetry } from "../../src/core/slices-to-retry.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import type { ShardReply } from "../../src/ports/shard-client.ts";
import type { Dice } from "../support/prng.ts";
import type { Callers } from "./callers.ts";
import { BackfillDesk } from "./backfill-desk.ts";
import { CalendarDesk } from "./calendar-desk.ts";
import { drawSpec } from "./draw-job.ts";
import { drawSchedule } from "./draw-schedule.ts";
import { retargeted } from "./draw-workflow.ts";
import type { ExecutorDesk } from "./executor-desk.ts";
import { BY_HAND, NAMESPACE } from "./names.ts";
import { COMMAND_NAMES, COMMANDS } from "./operator-commands.ts";
import type { ModelRecords } from "./model-records.ts";
import type { Scene } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";
import { WorkflowDesk } from "./workflow-desk.ts";

const NAMESPACE_COPY: DirectoryCopy = {
  key: namespaceKey(NAMESPACE),
  version: 1,
  body: JSON.stringify({ name: NAMESPACE, signingGenerations: [2, 1] }),
};
interface KnownJob {
  readonly name: string;
  readonly host: ShardHost;
  spec: JobSpec;
}

/** People and programs that create, change, pause, run, cancel and delete jobs as they like. */
export class Operators {
  readonly #scene: Scene;
  readonly #callers: Callers;
  readonly #hosts: readonly [ShardHost, ...ShardHost[]];
  readonly #records: ModelRecords;
  readonly #executors: ExecutorDesk;
  readonly #dice: Dice;
  readonly #jobs = new Map<string, KnownJob>();
  readonly #calendars: CalendarDesk;
  readonly #backfills: BackfillDesk;
  readonly #workflowDice: Dice;
  readonly workflows: WorkflowDesk;
  #runs: string[] = [];
  #names = 0;

  constructor(
    scene: Scene,
    callers: Callers,
    world: {
      readonly hosts: readonly [ShardHost, ...ShardHost[]];
      readonly records: ModelRecords;
      readonly executors: ExecutorDesk;
    },
  ) {
    this.#scene = scene;
    this.#callers = callers;
    this.#hosts = world.hosts;
    this.#records = world.records;
    this.#executors = world.executors;
    this.#dice = scene.dice("operators");
    this.#calendars = new CalendarDesk(scene, NAMESPACE);
    this.#backfills = new BackfillDesk(scene, callers);
    this.#workflowDice = scene.dice("jobs of workflows");
    const { hosts, records } = world;
    this.workflows = new WorkflowDesk(scene, callers, {
      hosts,
      records,
      copies: () => this.#copies(),
    });
  }

  create(): void {
    const dice = this.#dice;
    const name = `job-${dice.chance(0.2) ? 0 : this.#names++}`;
    const host = this.#hosts[name.length % this.#hosts.length] ?? this.#hosts[0];
    const spec = this.#drawSpec(name, host);
    const input = {
      namespace: NAMESPACE,
      spec,
      mode: "create",
      ifVersion: null,
      copies: this.#copies(),
    } as const;
    this.#callers.ask({ host, kind: "job.put", input, isKeyed: true }, (reply) => {
      if (reply.ok) this.#jobs.set(name, { name, host, spec });
    });
  }

  #drawSpec(name: string, host: ShardHost): JobSpec {
    const { options } = this.#scene;
    const spec = drawSpec(this.#dice, options, { name, nowMs: host.nowMs });
    return retargeted(this.#workflowDice, options, spec);
  }

  #copies(): readonly DirectoryCopy[] {
    return [NAMESPACE_COPY, ...this.#executors.copies(), ...this.#calendars.copies()];
  }

  /** One command, drawn at random. */
  act(): void {
    const known: readonly KnownJob[] = [...this.#jobs.values()];
    const job = known[this.#dice.int(0, Math.max(0, known.length - 1))];
    const command = this.#dice.weighted<keyof typeof COMMANDS>(COMMAND_NAMES, COMMANDS);
    if (job === undefined || command === "create") this.create();
    else this.#command(command, job);
  }

  #command(command: Exclude<keyof typeof COMMANDS, "create">, job: KnownJob): void {
    const ref = { namespace: NAMESPACE, job: job.name };
    const { host } = job;
    const deeds: Readonly<Record<typeof command, () => void>> = {
      edit: () => this.#edit(job, false),
      touch: () => this.#edit(job, true),
      pause: () => this.#pause(job),
      resume: () => {
        const missed = this.#dice.pick([null, "skip", "latest", "all"] as const);
        this.#ask(job, "job.resume", { missed });
      },
      runNow: () => this.#runNow(job),
      cancel: () => this.#cancel(job),
      retry: () => this.#retry(job),
      remove: () => this.remove(job.name),
      look: () => this.#callers.ask({ host, kind: "job.get", input: { ref }, isKeyed: false }),
      backfill: () => this.#backfills.act({ ...ref, host }),
      calendar: () => this.#changeCalendar(),
    };
    deeds[command]();
  }

  /** Every shard is told, in its own time. */
  #changeCalendar(): void {
    if (!this.#scene.options.hasCalendars) return;
    const input = { copies: [this.#calendars.change()] };
    for (const host of this.#hosts)
      this.#callers.ask({ host, kind: "directory.put", input, isKeyed: false });
  }

  #edit(job: KnownJob, isSameSchedule: boolean): void {
    const dice = this.#dice;
    const { options } = this.#scene;
    const drawn = this.#drawSpec(job.name, job.host);
    const schedule = isSameSchedule
      ? job.spec.schedule
      : drawSchedule(dice, options, job.host.nowMs);
    const spec: JobSpec = { ...drawn, schedule };
    const input = {
      namespace: NAMESPACE,
      spec,
      mode: "upsert",
      ifVersion: null,
      copies: this.#copies(),
    } as const;
    this.#callers.ask({ host: job.host, kind: "job.put", input, isKeyed: false }, (reply) => {
      if (!reply.ok) return;
      job.spec = spec;
      this.#jobs.set(job.name, job);
    });
  }

  #pause(job: KnownJob): void {
    const dice = this.#dice;
    const longestMs = Math.floor(this.#scene.options.stormMs / 3);
    const untilMs = dice.chance(0.5) ? job.host.nowMs + dice.int(1_000, longestMs) : null;
    this.#ask(job, "job.pause", { untilMs, reason: null });
  }

  #ask(
    job: KnownJob,
    ...[kind, input]:
      | ["job.resume", { readonly missed: "skip" | "latest" | "all" | null }]
      | ["job.pause", { readonly untilMs: number | null; readonly reason: null }]
  ): void {
    const ref = { namespace: NAMESPACE, job: job.name };
    const { host } = job;
    if (kind === "job.pause")
      this.#callers.ask({ host, kind, input: { ref, ...input }, isKeyed: true });
    else this.#callers.ask({ host, kind, input: { ref, ...input }, isKeyed: true });
  }

  #runNow(job: KnownJob): void {
    const dice = this.#dice;
    const longestMs = Math.floor(this.#scene.options.stormMs / 4);
    const input = {
      ref: { namespace: NAMESPACE, job: job.name },
      trigger: dice.pick(["api", "manual"] as const),
      params: null,
      node: dice.chance(0.1) ? this.#executors.someName("billing") : null,
      atMs: dice.chance(0.4) ? job.host.nowMs + dice.int(-1_000, longestMs) : null,
      overlap: dice.pick([null, null, "allow"] as const),
      traceparent: null,
    };
    this.#callers.ask({ host: job.host, kind: "run.create", input, isKeyed: true }, (reply) =>
      this.#remember(reply),
    );
    // Some are impatient.
    if (this.#scene.isStormy && dice.chance(0.3))
      this.#scene.agenda.after(dice.int(0, 1_000), () => this.#runNow(job));
  }

  #remember(reply: ShardReply<"run.create">): void {
    if (reply.ok) this.#runs = [...this.#runs, reply.value.run.id].slice(-10);
  }

  /** A run that this shard holds, or a run made by hand. */
  #cancel(job: KnownJob): void {
    const dice = this.#dice;
    const live = job.host.deps.storage.runsAfter("", 30).filter(({ phase }) => !isEnded(phase));
    const running = live.filter(({ phase }) => phase.state === "running");
    const some = running.length > 0 && dice.chance(0.8) ? running : live.slice(0, 5);
    const ids = [...some.map(({ id }) => id), ...this.#runs.slice(-2)];
    const run = ids[dice.int(0, Math.max(0, ids.length - 1))];
    if (run === undefined) return;
    const input = { ref: { namespace: NAMESPACE, run }, reason: BY_HAND };
    this.#callers.ask({ host: job.host, kind: "run.cancel", input, isKeyed: true });
  }

  #retry(job: KnownJob): void {
    const origin = this.#endedRun(job);
    if (origin === undefined) return;
    const slices = this.#dice.chance(0.8) ? this.#slicesAgain(origin) : null;
    if (slices !== null) this.#scene.reach("slices: retried");
    const input = { origin, slices, params: null, traceparent: null };
    this.#callers.ask({ host: job.host, kind: "run.retry", input, isKeyed: true }, (reply) =>
      this.#remember(reply),
    );
  }

  #endedRun(job: KnownJob): Run | undefined {
    for (const run of this.#records.runs.values())
      if (run.jobName === job.name && isEnded(run.phase)) return run;
    return undefined;
  }

  /** Those of a sharded run that did not succeed; null when not all have reached the records. */
  #slicesAgain({ id, tally }: Run): readonly Slice[] | null {
    if (tally === null) return null;
    const slices = [...this.#records.runs.values()].filter(
      ({ trigger }) => trigger.kind === "shard" && trigger.parent === id,
    );
    const isAll = slices.length === tally.total && slices.every(({ phase }) => isEnded(phase));
    return isAll ? slicesToRetry(slices) : null;
  }

  remove(name: string): void {
    const job = this.#jobs.get(name);
    if (job === undefined) return;
    const running = this.#dice.pick(["finish", "cancel"] as const);
    const input = { ref: { namespace: NAMESPACE, job: name }, ifVersion: null, running };
    this.#jobs.delete(name);
    this.#callers.ask({ host: job.host, kind: "job.delete", input, isKeyed: false });
  }

  /** Brings every job to rest, by a pause without end or by deletion; what was made meanwhile as well. */
  stopAll(): void {
    this.#callers.hush();
    for (const host of this.#hosts) this.#stopOn(host);
    this.workflows.resumeAll();
    this.#scene.agenda.after(60_000, () => {
      for (const host of this.#hosts) this.#stopOn(host);
      this.workflows.resumeAll();
    });
  }

  #stopOn(host: ShardHost): void {
    const jobs = this.#scene.options.jobs + this.#scene.options.commands + 1;
    for (let i = 0; i <= jobs; i++) {
      const job = host.deps.storage.getJobByName(NAMESPACE, `job-${i}`);
      if (job === undefined) continue;
      const ref = { namespace: NAMESPACE, job: job.spec.name };
      if (this.#scene.options.isCleared) {
        const input = { ref, ifVersion: null, running: "finish" } as const;
        this.#callers.ask({ host, kind: "job.delete", input, isKeyed: false });
      } else {
        const input = { ref, untilMs: null, reason: "The end." };
        this.#callers.ask({ host, kind: "job.pause", input, isKeyed: true });
      }
    }
  }
}
