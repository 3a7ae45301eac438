import { setTimeout as sleep } from "node:timers/promises";
import type { HostClient } from "../host-client.ts";
import { Dice } from "../prng.ts";
import { Caller, type Acknowledged, type Order } from "./caller.ts";
import {
  AWAITED,
  APPROVED,
  ORDER_EVENT,
  PAID_EVENT,
  TICKED,
  type KillWorkflow,
} from "./kill-workflows.ts";
import { WorkflowControls } from "./workflow-controls.ts";

/** A workflow run that the host has said yes to. */
export interface Started {
  readonly id: string;
  readonly workflow: string;
  readonly key: string;
  readonly ackMs: number;
}

/** An event that the host has taken. */
export interface SentEvent {
  readonly id: string;
  readonly amount: number;
  readonly runs: readonly string[];
}

/** An order that was sent again under its key, and what was answered the first time. */
export interface Repeat {
  readonly first: Acknowledged;
  readonly again: Acknowledged;
}

export const TICK_JOB = "k-tick";
export const TICK_MS = 1_000;
export const TICK_GRACE_MS = 1_000;
const CALLERS = 4;
const MEDDLERS = 6;
/** Of so many that were started last one is likely to be at work. */
const NEWEST = 5;
const ATTEND_MS = 300;
const REPEAT_CHANCE = 0.2;

/** Everything that is asked of the host while it is killed again and again. */
export class WorkflowLoad {
  readonly started: Started[] = [];
  readonly events: SentEvent[] = [];
  readonly repeats: Repeat[] = [];
  readonly controls: WorkflowControls;
  readonly caller: Caller;
  readonly anchorMs = Date.now();
  readonly #workflows: readonly KillWorkflow[];
  readonly #runs: number;
  readonly #paceMs: number;
  readonly #dice: Dice;
  readonly #awaited = new Set<string>();
  #work: Promise<void>[] = [];
  #isRunning = true;
  #isAttended = true;
  #serial = 0;
  #begun = 0;

  /** About `runs` workflow runs within so many milliseconds, evenly. */
  constructor(
    client: () => HostClient,
    workflows: readonly KillWorkflow[],
    size: { readonly runs: number; readonly withinMs: number; readonly seed: number },
  ) {
    this.caller = new Caller(client);
    this.#workflows = workflows;
    this.#runs = size.runs;
    this.#paceMs = Math.max(20, (size.withinMs * CALLERS) / size.runs);
    this.#dice = new Dice(size.seed, "workflow load");
    this.controls = new WorkflowControls(this.caller, new Dice(size.seed, "workflow controls"));
  }

  /** Makes the workflows and the job, each until it is acknowledged. */
  async create(): Promise<void> {
    for (const { spec } of this.#workflows) await this.#made("/workflows", spec);
    await this.#made("/jobs", {
      name: TICK_JOB,
      schedule: { kind: "every", every: "1s", anchor: new Date(this.anchorMs).toISOString() },
      target: { kind: "workflow", workflow: TICKED },
      misfire: { policy: "all", grace: `${TICK_GRACE_MS}ms`, maxAge: "1h", maxCatchup: 3 },
      overlap: "allow",
      retry: { max: 3, backoff: { kind: "exponential", base: "50ms", factor: 2, max: "500ms" } },
    });
  }

  start(): void {
    const callers = Array.from({ length: CALLERS }, () => this.#call());
    const meddlers = Array.from({ length: MEDDLERS }, () => this.#meddle());
    this.#work = [...callers, ...meddlers, this.#sendEvents(), this.#attend()];
  }

  /** Ends the callers once the last run is started; those who approve and send events go on. */
  async calm(): Promise<void> {
    while (this.#begun < this.#runs) await sleep(this.#paceMs);
    this.#isRunning = false;
    await Promise.all(this.#work.slice(0, -1));
    await this.controls.settled();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#isAttended = false;
    await Promise.all(this.#work);
  }

  async #call(): Promise<void> {
    while (this.#isRunning && this.#begun < this.#runs) {
      await this.#startRun();
      await sleep(this.#dice.int(0, 2 * this.#paceMs));
    }
  }

  /** Does something to one of the newest runs, which may well be at work, or to an older one. */
  async #meddle(): Promise<void> {
    while (this.#isRunning) {
      const last = this.started.length - 1;
      const newest = this.#dice.chance(0.7) ? NEWEST : NEWEST * NEWEST;
      const run = this.started[this.#dice.int(Math.max(0, last - newest), Math.max(0, last))];
      if (run !== undefined) await this.#control(run);
      await sleep(this.#dice.int(20, 2 * this.#paceMs));
    }
  }

  async #startRun(): Promise<void> {
    this.#begun += 1;
    const startable = this.#workflows.flatMap((workflow) =>
      Array.from({ length: workflow.weight }, () => workflow),
    );
    const { spec } = startable[this.#dice.int(0, startable.length - 1)] ?? {};
    if (spec === undefined) throw new Error("there is a workflow to start");
    const path = `/workflows/${spec.name}/runs`;
    const first = await this.caller.post(this.#orderOf(path, { params: { n: this.#begun } }));
    this.#noteStart(first, spec.name);
    await this.#repeatNowAndThen(first);
  }

  async #control(run: Started): Promise<void> {
    if (this.#dice.chance(0.05)) {
      const path = `/workflow-runs/${run.id}/rerun`;
      const first = await this.caller.post(this.#orderOf(path, {}));
      this.#noteStart(first, run.workflow);
      await this.#repeatNowAndThen(first);
      return;
    }
    const workflow = this.#workflows.find(({ spec }) => spec.name === run.workflow);
    if (workflow === undefined) return;
    const first = await this.controls.something(run.id, workflow);
    // Refusals are not kept under a key: a repetition may be taken.
    if (first?.isTaken === true) await this.#repeatNowAndThen(first);
  }

  #noteStart({ got, key, ackMs }: Acknowledged, workflow: string): void {
    if (got.status !== 202 && got.status !== 200)
      throw new Error(`a start of ${workflow}: ${got.status}: ${got.text}`);
    this.started.push({ id: got.json.id, workflow, key, ackMs });
  }

  /** Sends an order again that was acknowledged, often after a crash. */
  async #repeatNowAndThen(first: Acknowledged): Promise<void> {
    if (!this.#dice.chance(REPEAT_CHANCE)) return;
    await sleep(this.#dice.int(0, 3_000));
    this.repeats.push({ first, again: await this.caller.post(first) });
  }

  async #sendEvents(): Promise<void> {
    while (this.#isRunning) {
      const id = `order-${this.#serial++}`;
      const amount = this.#dice.int(0, 100);
      const body = { name: ORDER_EVENT, id, data: { amount } };
      const taken = [await this.caller.post(this.#orderOf("/events", body))];
      // The same event comes again under another key: it is known by its id.
      if (this.#dice.chance(0.4)) {
        await sleep(this.#dice.int(0, 1_000));
        taken.push(await this.caller.post(this.#orderOf("/events", body)));
      }
      for (const { got } of taken) {
        if (got.status !== 202) throw new Error(`an event: ${got.status}: ${got.text}`);
        this.events.push({ id, amount, runs: got.json.runs.map((run: { id: string }) => run.id) });
      }
      await sleep(this.#dice.int(100, 900));
    }
  }

  /** Sends the events that runs wait for, and approves, until the very end. */
  async #attend(): Promise<void> {
    while (this.#isAttended) {
      const open = "state=running&limit=200&workflow=";
      for (const { id } of await this.caller.list(`/workflow-runs?${open}${AWAITED}`)) {
        if (this.#awaited.has(id)) continue;
        // What is not paid does not match; the host must take the other one.
        for (const isPaid of [false, true])
          await this.controls.send(id, "events", {
            name: PAID_EVENT,
            data: { isPaid, n: this.#serial++ },
          });
        this.#awaited.add(id);
      }
      for (const { id } of await this.caller.list(`/workflow-runs?${open}${APPROVED}`))
        await this.controls.judge(id, "ok");
      await sleep(ATTEND_MS);
    }
  }

  async #made(path: string, body: unknown): Promise<void> {
    const { got } = await this.caller.post(this.#orderOf(path, body));
    if (got.status !== 201) throw new Error(`${path}: ${got.status}: ${got.text}`);
  }

  #orderOf(path: string, body: unknown): Order {
    return { path, body, key: crypto.randomUUID() };
  }
}
