import { isDeepStrictEqual } from "node:util";
import type { Job } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { JobTombstone, RecordsBatch } from "../../src/ports/records.ts";
import type { Dice } from "../support/prng.ts";
import { hold, type Scene } from "./scene.ts";

/** The records as their contract describes them: they keep the newer row, and can be out of reach. */
export class ModelRecords {
  readonly runs = new Map<string, Run>();
  readonly ticks = new Map<string, Tick>();
  readonly jobs = new Map<string, Job>();
  readonly deletedJobs = new Map<string, JobTombstone>();
  readonly #scene: Scene;
  readonly #dice: Dice;
  #awayUntilMs = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#dice = scene.dice("records");
  }

  goAway(ms: number): void {
    this.#scene.reach("fault: records away");
    this.#awayUntilMs = Math.max(this.#awayUntilMs, this.#scene.agenda.nowMs + ms);
  }

  comeBack(): void {
    this.#awayUntilMs = 0;
  }

  /** Whether the shard learns that the rows are kept. They may be kept without it. */
  write(batch: RecordsBatch): boolean {
    const { agenda, faults } = this.#scene;
    if (agenda.nowMs < this.#awayUntilMs) return false;
    for (const run of batch.runs) this.#keepRun(run);
    for (const tick of batch.ticks) this.#keepTick(tick);
    for (const job of batch.jobs) if (this.#isNewer(job)) this.jobs.set(job.id, job);
    for (const job of batch.deletedJobs) if (this.#isNewer(job)) this.deletedJobs.set(job.id, job);
    if (!this.#dice.chance(faults.recordsReplyLost)) return true;
    this.#scene.reach("fault: records applied, reply lost");
    return false;
  }

  #isNewer({ id, version }: { readonly id: string; readonly version: number }): boolean {
    const known = this.deletedJobs.get(id) ?? this.jobs.get(id);
    return known === undefined || known.version <= version;
  }

  #keepRun(run: Run): void {
    const known = this.runs.get(run.id);
    if (known !== undefined && known.version === run.version)
      hold("S4 one version, one row", isSame(known, run), () => `run ${run.id} v${run.version}`);
    if (known === undefined || known.version < run.version) this.runs.set(run.id, run);
  }

  #keepTick(tick: Tick): void {
    const key = `${tick.jobId}@${tick.nominalMs}`;
    const known = this.ticks.get(key);
    if (known !== undefined) hold("S4 a tick's fate stays", isSame(known, tick), () => key);
    this.ticks.set(key, tick);
  }
}

/** The same row: storage may give its fields back in another order. */
export function isSame(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}
