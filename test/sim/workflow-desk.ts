import { workflowShardOf } from "../../src/core/placement.ts";
import { isWorkflowEnded, type StepState, type WorkflowRun } from "../../src/core/workflow-run.ts";
import type { CommandInput } from "../../src/ports/shard-client.ts";
import type { DirectoryCopy } from "../../src/ports/shard-storage.ts";
import type { WorkflowAction } from "../../src/ports/workflow-commands.ts";
import type { Dice } from "../support/prng.ts";
import type { Callers } from "./callers.ts";
import { drawWorkflow } from "./draw-workflow.ts";
import type { ModelRecords } from "./model-records.ts";
import { EVENTS, NAMESPACE, workflowName } from "./names.ts";
import type { Scene } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";

const DEEDS = { put: 1, remove: 0.4, start: 6, event: 3, act: 14, answer: 4 } as const;
const NAMES = ["put", "remove", "start", "event", "act", "answer"] as const;

const ACTIONS = {
  pause: 3,
  resume: 3,
  cancel: 2,
  retry: 4,
  retryFrom: 7,
  skip: 2,
  succeed: 2,
  approve: 1,
  reject: 1,
  event: 4,
} as const;
const ACTION_NAMES = [
  "pause",
  "resume",
  "cancel",
  "retry",
  "retryFrom",
  "skip",
  "succeed",
  "approve",
  "reject",
  "event",
] as const;

/** Where the steps stand of which people ask such a thing. */
const STATES: { readonly [action in keyof typeof ACTIONS]?: readonly StepState[] } = {
  approve: ["waiting"],
  reject: ["waiting"],
  skip: ["waiting", "failed"],
  succeed: ["waiting", "failed", "canceled"],
  retryFrom: ["succeeded", "failed"],
};

/** Workflow runs of a shard that somebody looks at, and of the records. */
const SEEN_MAX = 40;

/** A workflow run, and whether its shard has it. */
interface Seen {
  readonly run: WorkflowRun;
  readonly isHeld: boolean;
}

/** People who define workflows, start them, and interfere with their runs. */
export class WorkflowDesk {
  readonly #scene: Scene;
  readonly #callers: Callers;
  readonly #dice: Dice;
  readonly #hosts: readonly ShardHost[];
  readonly #records: ModelRecords;
  readonly #copies: () => readonly DirectoryCopy[];
  #events = 0;
  /** The last one: somebody may send it again. */
  #event: CommandInput<"event.put"> | undefined;

  constructor(
    scene: Scene,
    callers: Callers,
    world: {
      readonly hosts: readonly ShardHost[];
      readonly records: ModelRecords;
      readonly copies: () => readonly DirectoryCopy[];
    },
  ) {
    this.#scene = scene;
    this.#callers = callers;
    this.#dice = scene.dice("workflows");
    this.#hosts = world.hosts;
    this.#records = world.records;
    this.#copies = world.copies;
  }

  /** Saves a workflow of the world, perhaps another form of one that is there. */
  put(index: number): void {
    const spec = drawWorkflow(this.#dice, this.#scene.options, index);
    const host = this.#hostOf(spec.name);
    const copies = this.#copies();
    const input = { namespace: NAMESPACE, spec, mode: "upsert", ifVersion: null, copies } as const;
    if (host === undefined) return;
    this.#callers.ask({ host, kind: "workflow.put", input, isKeyed: this.#dice.chance(0.5) });
  }

  /** One command, drawn at random. */
  act(): void {
    const deed = this.#dice.weighted(NAMES, DEEDS);
    const index = this.#dice.int(0, this.#scene.options.workflows - 1);
    const deeds: Readonly<Record<typeof deed, () => void>> = {
      put: () => this.put(index),
      remove: () => this.#remove(workflowName(index)),
      start: () => this.#start(workflowName(index)),
      event: () => this.#putEvent(),
      act: () => this.#interfere(),
      answer: () => this.#answer(),
    };
    deeds[deed]();
  }

  /** What is paused goes on, and so comes to an end. */
  resumeAll(): void {
    for (const host of this.#hosts)
      for (const run of host.deps.storage.workflowRunsAfter("", 1_000)) {
        if (run.pausedMs === null || isWorkflowEnded(run.phase)) continue;
        const ref = { namespace: NAMESPACE, workflowRun: run.id };
        const input = { ref, origin: null, action: { kind: "resume" } } as const;
        this.#callers.ask({ host, kind: "workflow-run.act", input, isKeyed: false });
      }
  }

  #hostOf(workflow: string): ShardHost | undefined {
    return this.#hosts[workflowShardOf(NAMESPACE, workflow, this.#hosts.length)];
  }

  #remove(workflow: string): void {
    const host = this.#hostOf(workflow);
    const running = this.#dice.pick(["finish", "cancel"] as const);
    const input = { ref: { namespace: NAMESPACE, workflow }, ifVersion: null, running };
    if (host === undefined) return;
    this.#callers.ask({ host, kind: "workflow.delete", input, isKeyed: false });
  }

  #start(workflow: string): void {
    const host = this.#hostOf(workflow);
    if (host === undefined) return;
    const input = {
      ref: { namespace: NAMESPACE, workflow },
      version: null,
      params: this.#dice.chance(0.5) ? { n: this.#dice.int(0, 9) } : null,
      trigger: { kind: "api" },
      nesting: 0,
      overlap: this.#dice.chance(0.2) ? "allow" : null,
      traceparent: null,
    } as const;
    this.#callers.ask({ host, kind: "workflow-run.create", input, isKeyed: true });
    // Some are impatient.
    if (this.#scene.isStormy && this.#dice.chance(0.3))
      this.#scene.agenda.after(this.#dice.int(0, 1_000), () => this.#start(workflow));
  }

  /** An event goes to every shard, as the API sends it; whoever gets no answer sends it again. */
  #putEvent(): void {
    const isAgain = this.#dice.chance(0.2);
    const input = isAgain && this.#event !== undefined ? this.#event : this.#drawEvent();
    this.#event = input;
    for (const host of this.#hosts)
      this.#callers.ask({ host, kind: "event.put", input, isKeyed: false });
  }

  #drawEvent(): CommandInput<"event.put"> {
    const id = `event-${this.#events++}`;
    const data = { n: this.#dice.int(0, 9) };
    const name = this.#dice.pick(EVENTS);
    return { namespace: NAMESPACE, name, data, id, traceparent: null };
  }

  /** Whoever is asked for an approval answers, or not. */
  #answer(): void {
    const dice = this.#dice;
    const waiting = this.#hosts.flatMap((host) =>
      host.deps.storage
        .workflowRunsAfter("", SEEN_MAX)
        .filter(({ phase }) => phase.state === "running")
        .flatMap(({ id }) => host.deps.storage.stepsAfter(id, { step: -1, part: -1 }, SEEN_MAX))
        .filter(({ state, reason }) => state === "waiting" && reason === "Waits for an approval.")
        .map((row) => ({ host, row })),
    );
    const asked = waiting[dice.int(0, Math.max(0, waiting.length - 1))];
    if (asked === undefined) return;
    const { host, row } = asked;
    const action = {
      kind: "decide",
      action: dice.pick(["approve", "approve", "approve", "reject"] as const),
      step: row.name,
      result: null,
      note: dice.chance(0.5) ? "Looks good." : null,
      by: "bob",
    } as const;
    const ref = { namespace: NAMESPACE, workflowRun: row.workflowRun };
    const input = { ref, origin: null, action };
    this.#callers.ask({ host, kind: "workflow-run.act", input, isKeyed: true });
  }

  #interfere(): void {
    const host = this.#hosts[this.#dice.int(0, this.#hosts.length - 1)];
    const seen = host === undefined ? undefined : this.#someRun(host);
    if (host === undefined || seen === undefined) return;
    const action = this.#drawAction(host, seen.run);
    const origin = seen.isHeld ? undefined : this.#records.originOf(seen.run.id);
    if (origin !== undefined) this.#scene.reach("workflow run: asked for from the records");
    const ref = { namespace: NAMESPACE, workflowRun: seen.run.id };
    const input = { ref, origin: origin ?? null, action };
    // What the records say of it is the past before long.
    const isOnce = origin !== undefined;
    this.#callers.ask({ host, kind: "workflow-run.act", input, isKeyed: true, isOnce });
  }

  #someRun(host: ShardHost): Seen | undefined {
    const held = host.deps.storage.workflowRunsAfter("", SEEN_MAX);
    const some = held.filter(({ phase }) => isWorkflowEnded(phase) === this.#dice.chance(0.25));
    const { shard } = host.deps;
    const end = shard.toString(36).padStart(2, "0");
    const ids = new Set(held.map(({ id }) => id));
    const gone = [...this.#records.workflowRuns.values()].filter(
      ({ id, phase }) => id.endsWith(end) && !ids.has(id) && isWorkflowEnded(phase),
    );
    if (gone.length > 0 && this.#dice.chance(some.length === 0 ? 0.6 : 0.2)) {
      const run = gone[this.#dice.int(0, gone.length - 1)];
      return run === undefined ? undefined : { run, isHeld: false };
    }
    const run = some[this.#dice.int(0, Math.max(0, some.length - 1))];
    return run === undefined ? undefined : { run, isHeld: true };
  }

  /** Mostly one that stands where such a thing is asked of it. */
  #someStep(host: ShardHost, { id, counts }: WorkflowRun, states: readonly StepState[]): string {
    const dice = this.#dice;
    const rows = host.deps.storage.stepsAfter(id, { step: -1, part: -1 }, SEEN_MAX);
    const fit = rows.filter(({ part, state }) => part === -1 && states.includes(state));
    const some = fit[dice.int(0, Math.max(0, fit.length - 1))];
    if (some !== undefined && dice.chance(0.7)) return some.name;
    return `s${dice.int(0, Math.max(0, counts.total - 1))}`;
  }

  #drawAction(host: ShardHost, run: WorkflowRun): WorkflowAction {
    const dice = this.#dice;
    const by = dice.chance(0.5) ? "ann" : null;
    const kind = dice.weighted<keyof typeof ACTIONS>(ACTION_NAMES, ACTIONS);
    const step = this.#someStep(host, run, STATES[kind] ?? []);
    const decide = (action: Decision): WorkflowAction => {
      const result = { said: action };
      return { kind: "decide", action, step, result, note: null, by };
    };
    const actions: Readonly<Record<typeof kind, () => WorkflowAction>> = {
      pause: () => ({ kind: "pause", reason: null }),
      resume: () => ({ kind: "resume" }),
      cancel: () => ({ kind: "cancel", reason: "By hand." }),
      retry: () => ({ kind: "retry", step: null, by }),
      retryFrom: () => ({ kind: "retry", step, by }),
      skip: () => decide("skip"),
      succeed: () => decide("succeed"),
      approve: () => decide("approve"),
      reject: () => decide("reject"),
      event: () => ({ kind: "event", name: dice.pick(EVENTS), data: { n: dice.int(0, 9) } }),
    };
    return actions[kind]();
  }
}

type Decision = Extract<WorkflowAction, { readonly kind: "decide" }>["action"];
