import type { WorkflowEffects } from "../../src/core/workflow-effect.ts";
import type { PartRef, WorkflowMemory } from "../../src/core/workflow-effect.ts";
import type { StepRow, WorkflowEvent, WorkflowRun } from "../../src/core/workflow-run.ts";
import { isStepEnded, isWorkflowEnded } from "../../src/core/workflow-run.ts";

/** Tells the parts of a run from each other. */
export const partKey = (ref: PartRef): string =>
  `${ref.step}/${ref.part}@${ref.revision}${ref.isCompensation ? "~" : ""}`;

/** Carries out the effects of a machine as a shard does, and finds fault with effects that break a law by themselves. */
export class StoredWorkflowRun implements WorkflowMemory {
  run: WorkflowRun;
  readonly live = new Map<string, PartRef>();
  /** Every part that ever ended. */
  readonly ended: PartRef[] = [];
  readonly faults: string[] = [];
  readonly #rows = new Map<string, StepRow>();
  readonly #events: WorkflowEvent[] = [];
  readonly #started = new Set<string>();

  constructor(run: WorkflowRun) {
    this.run = run;
  }

  row(step: number, part: number): StepRow | undefined {
    return this.#rows.get(`${step}/${part}`);
  }

  rows(): readonly StepRow[] {
    return [...this.#rows.values()];
  }

  events(): readonly WorkflowEvent[] {
    return this.#events;
  }

  /** A run of a part has come to its end, and is told to the machine next. */
  leave(ref: PartRef): void {
    if (this.live.delete(partKey(ref))) this.ended.push(ref);
  }

  store(effects: WorkflowEffects): void {
    for (const start of effects.starts) this.#start(start);
    for (const part of effects.cancels)
      if (!this.live.has(partKey(part))) this.faults.push(`${partKey(part)} is canceled, but dead`);
    for (const row of effects.rows) this.#storeRow(row);
    for (const event of effects.events) {
      if (event.seq !== this.#events.length + 1) this.faults.push(`event ${event.seq} out of line`);
      this.#events.push(event);
    }
    if (effects.run !== null) this.#storeRun(effects.run);
  }

  #start({ step, part, revision, isCompensation }: PartRef): void {
    const ref = { step, part, revision, isCompensation };
    const key = partKey(ref);
    if (this.#started.has(key)) this.faults.push(`${key} is started twice`);
    this.#started.add(key);
    this.live.set(key, ref);
  }

  #storeRow(row: StepRow): void {
    const former = this.row(row.step, row.part);
    const name = `row ${row.name}/${row.part}`;
    if (former !== undefined && row.version <= former.version)
      this.faults.push(`${name} has version ${row.version} after ${former.version}`);
    if (former !== undefined && row.revision < former.revision)
      this.faults.push(`${name} falls back to revision ${row.revision}`);
    if (isStepEnded(row.state) !== (row.endedMs !== null))
      this.faults.push(`${name} is ${row.state} with endedMs ${row.endedMs}`);
    this.#rows.set(`${row.step}/${row.part}`, row);
  }

  #storeRun(run: WorkflowRun): void {
    if (run.version <= this.run.version)
      this.faults.push(`the run has version ${run.version} after ${this.run.version}`);
    if (isWorkflowEnded(run.phase) && this.live.size > 0)
      this.faults.push("the run has ended while parts live");
    this.run = run;
  }
}
