/**
 * Why a tick ran, or did not: what is known of it, in words and as data. Pure, so that the words are
 * tested without a shard; the API brings what the shard, the records and the calendars know.
 */
import type { CompiledJob } from "./compiled-job.ts";
import { explainPending } from "./explain-pending.ts";
import { explainFired } from "./explain-fired.ts";
import { explainUnfired } from "./explain-unfired.ts";
import type { Job } from "./job.ts";
import type { Json } from "./json.ts";
import type { Run } from "./run.ts";
import type { Words } from "./schedule-words.ts";
import type { Tick, TickReason } from "./tick.ts";
import type { Zone } from "./zone.ts";

export interface ExplainInput {
  /** The job as it is now. */
  readonly job: Job;
  readonly compiled: CompiledJob;
  /** In whose wall time the words are. */
  readonly zone: Zone;
  readonly nominalMs: number;
  readonly nowMs: number;
  /** Up to which nominal time the shard has decided. */
  readonly cursorMs: number;
  /** The run of this tick, or the row of the ledger that stands for it; null for both when there is neither. */
  readonly run: Run | null;
  readonly tick: Tick | null;
  /** For a coalesced tick: the id of the run that did its work. */
  readonly intoRun: string | null;
  /** What the calendar says of the day of this tick, such as the name of a holiday. */
  readonly dayName: string | null;
}

export interface Explanation {
  /**
   * `pending`: still to come, or not decided yet. `none`: an instant of the schedule that no version of
   * the job has accounted for, because the job or its schedule is younger.
   */
  readonly disposition: "fired" | "coalesced" | "skipped" | "dropped" | "pending" | "none";
  readonly reason: TickReason | null;
  readonly words: Words;
  readonly evidence: readonly Evidence[];
  /** When the run of a tick to come is to start; null for any other. */
  readonly startsMs: number | null;
}

/** One fact that the words rest on. Instants are RFC 3339 text, lengths of time are milliseconds. */
export interface Evidence {
  readonly what: string;
  readonly value: Json;
}

/** Tells what became, or will become, of one nominal tick of a job. */
export function explainTick(input: ExplainInput): Explanation {
  const { run, tick } = input;
  if (run !== null) return explainFired(input, run);
  if (tick !== null) return explainUnfired(input, tick);
  return explainPending(input);
}
