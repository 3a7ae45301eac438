import type { Tick } from "../../src/core/tick.ts";
import type { History } from "./history.ts";
import type { Era, JobStory } from "./job-story.ts";
import type { ModelRecords } from "./model-records.ts";
import { hold } from "./scene.ts";
import { reachRules } from "./schedule-points.ts";
import { modelOf, type ScheduleModel } from "./schedule-model.ts";

/** What became of one tick, or of a range of them. */
interface Fate {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
  readonly what: string;
  /** Told as the tick of a closed day; undefined where the job's end is told instead. */
  readonly isClosed: boolean | undefined;
}

/** T1 to T3: each nominal tick of each job has exactly one fate in the records, and nothing else has. */
export function checkLedger(history: History, records: ModelRecords): void {
  const fates = new Map<string, Fate[]>();
  const add = (jobId: string, fate: Fate): void => {
    const known = fates.get(jobId);
    if (known === undefined) fates.set(jobId, [fate]);
    else known.push(fate);
  };
  for (const { id, jobId, nominalMs, trigger } of records.runs.values())
    if (trigger.kind === "tick") add(jobId, fateOfRun(id, nominalMs));
  for (const tick of records.ticks.values()) add(tick.jobId, fateOf(tick));
  const nearMs = history.scene.options.startMs;
  for (const job of history.jobs.values()) {
    const own = (fates.get(job.id) ?? []).toSorted((a, b) => a.fromMs - b.fromMs);
    checkDisjoint(job, own);
    const eras = job.eras.map((era) => ({ ...era, model: modelOf(era, nearMs) }));
    for (const fate of own) checkKnown(job, eras, fate);
    for (const era of eras) checkComplete(job, era, own);
    for (const era of job.eras) reachRules(history.scene, era, history.latestMs(job.shard));
    if (eras.length > 1) history.scene.reach("job: more than one schedule");
  }
}

type ModeledEra = Era & { readonly model: ScheduleModel };

function fateOfRun(id: string, nominalMs: number): Fate {
  return { fromMs: nominalMs, toMs: nominalMs, count: 1, what: `run ${id}`, isClosed: false };
}

function fateOf({ nominalMs, toMs, count, disposition, reason }: Tick): Fate {
  const isClosed = reason === "ended" ? undefined : reason === "calendar";
  return { fromMs: nominalMs, toMs, count, what: `${disposition} ${reason}`, isClosed };
}

function checkDisjoint(job: JobStory, fates: readonly Fate[]): void {
  for (const [i, fate] of fates.entries()) {
    const before = fates[i - 1];
    if (before === undefined) continue;
    hold(
      "T2 one fate each",
      before.toMs < fate.fromMs,
      () => `${job.row.spec.name}: ${say(before)} and ${say(fate)}`,
    );
  }
}

/** A fate belongs to a schedule that the job had, and counts its ticks rightly. */
function checkKnown(job: JobStory, eras: readonly ModeledEra[], fate: Fate): void {
  const { fromMs, toMs, count, isClosed } = fate;
  const around = eras.filter(
    ({ looseFromMs, looseToMs }) => fromMs > looseFromMs && toMs <= looseToMs,
  );
  const where = (): string => `${job.row.spec.name} ${job.id}: ${say(fate)}`;
  // The ends of runs make the ticks of a fixed delay, and each was judged as it came.
  if (around.some(({ schedule }) => schedule.kind === "after")) return;
  const possible = around.filter(({ model }) => model.isTick(fromMs) && model.isTick(toMs));
  hold("T3 no phantom", possible.length > 0, where);
  const isTold = possible.some(
    ({ model }) => isClosed === undefined || model.isClosed(fromMs) === isClosed,
  );
  hold("C3 closed days are told apart", isTold, where);
  const isCounted = possible.some(({ model }) => model.count(fromMs - 1, toMs) === count);
  hold("T1 the count is right", isCounted, where);
}

function checkComplete(job: JobStory, era: ModeledEra, fates: readonly Fate[]): void {
  const { strictFromMs, strictToMs, model } = era;
  if (strictToMs <= strictFromMs) return;
  const wanted = model.count(strictFromMs, strictToMs);
  let found = 0;
  for (const { fromMs, toMs } of fates) {
    const [afterMs, untilMs] = [Math.max(fromMs - 1, strictFromMs), Math.min(toMs, strictToMs)];
    if (untilMs > afterMs) found += model.count(afterMs, untilMs);
  }
  hold("T1 accounted", found === wanted, () => {
    const stretch = `(${iso(strictFromMs)}, ${iso(strictToMs)}]`;
    const schedule = JSON.stringify(era.schedule);
    const list = fates.map(say).join("\n  ");
    return `${job.row.spec.name} ${job.id} ${schedule}: ${found} of ${wanted} in ${stretch}\n  ${list}`;
  });
}

function say({ fromMs, toMs, count, what }: Fate): string {
  const range = fromMs === toMs ? iso(fromMs) : `${iso(fromMs)}..${iso(toMs)} x${count}`;
  return `${range} ${what}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
