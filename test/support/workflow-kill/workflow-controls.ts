import { setTimeout as sleep } from "node:timers/promises";
import type { Dice } from "../prng.ts";
import type { Acknowledged, Caller } from "./caller.ts";
import type { KillWorkflow, SentWorkflow } from "./kill-workflows.ts";

/** What was done to a workflow run, or refused. */
export interface Control extends Acknowledged {
  readonly workflowRun: string;
  /** The last word of its path. */
  readonly action: string;
  /** The step that it is about; null for the whole. */
  readonly step: string | null;
  readonly isTaken: boolean;
}

const WEIGHTS = {
  pause: 3,
  cancel: 3,
  retry: 4,
  "retry step": 3,
  skip: 3,
  succeed: 3,
} as const;

/** Long enough to see whether something begins that should not. */
const PAUSE_MS_MAX = 7_000;

/** Does things to workflow runs at random, each until it is answered, and writes down what was said. */
export class WorkflowControls {
  readonly done: Control[] = [];
  readonly #caller: Caller;
  readonly #dice: Dice;
  readonly #resumes = new Set<Promise<unknown>>();

  constructor(caller: Caller, dice: Dice) {
    this.#caller = caller;
    this.#dice = dice;
  }

  /** One thing that may be done to a run of the workflow; null for nothing. */
  async something(id: string, { spec, touchable }: KillWorkflow): Promise<Control | null> {
    const names = ["pause", "cancel", "retry", "retry step", "skip", "succeed"] as const;
    const name = this.#dice.weighted(names, WEIGHTS);
    if (name === "cancel") return this.send(id, "cancel", { reason: "for a test" });
    if (name === "pause") return this.#pause(id);
    // What is begun again does not queue up anew, and would then run beside others.
    if (typeof spec.concurrency === "number") return null;
    if (name === "retry") return this.send(id, "retry", {});
    if (name === "retry step") return this.#decide(id, this.#oneOf(namesOf(spec)), "retry", {});
    if (touchable.length === 0) return null;
    const note = `number ${this.done.length}`;
    const result = { v: this.#dice.int(2_000, 2_999) };
    const body = name === "skip" ? { note } : { note, result };
    return this.#decide(id, this.#oneOf(touchable), name, body);
  }

  /** Approves, or now and then rejects, what waits for it. */
  judge(id: string, step: string): Promise<Control> {
    const note = `number ${this.done.length}`;
    if (this.#dice.chance(0.15)) return this.#decide(id, step, "reject", { note });
    return this.#decide(id, step, "approve", { note, result: { v: this.#dice.int(0, 999) } });
  }

  send(id: string, action: string, body: unknown): Promise<Control> {
    return this.#do(
      { workflowRun: id, action, step: null },
      `/workflow-runs/${id}/${action}`,
      body,
    );
  }

  /** Waits until everything that was paused is resumed. */
  async settled(): Promise<void> {
    while (this.#resumes.size > 0) await Promise.all(this.#resumes);
  }

  async #pause(id: string): Promise<Control> {
    const paused = await this.send(id, "pause", { reason: "for a test" });
    if (!paused.isTaken) return paused;
    const resume = sleep(this.#dice.int(300, PAUSE_MS_MAX))
      .then(() => this.send(id, "resume", {}))
      .finally(() => this.#resumes.delete(resume));
    this.#resumes.add(resume);
    return paused;
  }

  #decide(id: string, step: string, action: string, body: unknown): Promise<Control> {
    const path = `/workflow-runs/${id}/steps/${encodeURIComponent(step)}/${action}`;
    return this.#do({ workflowRun: id, action, step }, path, body);
  }

  #oneOf(steps: readonly string[]): string {
    return steps[this.#dice.int(0, steps.length - 1)] ?? "";
  }

  async #do(
    of: Pick<Control, "workflowRun" | "action" | "step">,
    path: string,
    body: unknown,
  ): Promise<Control> {
    const answered = await this.#caller.post({ path, body, key: crypto.randomUUID() });
    const isTaken = answered.got.status < 300;
    const control = { ...of, ...answered, isTaken };
    this.done.push(control);
    return control;
  }
}

function namesOf({ steps }: SentWorkflow): readonly string[] {
  return steps.map(({ name }) => name);
}
