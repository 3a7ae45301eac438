import type { Backfill, BackfillOverlap } from "../core/backfill.ts";
import type { Json } from "../core/json.ts";
import type { JobRef } from "./shard-client.ts";

/** A backfill of a job, by its id. */
export interface BackfillRef extends JobRef {
  readonly backfill: string;
}

/** The commands of a shard that are about backfills: a part of `ShardCommands`. */
export interface BackfillCommands {
  "backfill.create": {
    readonly input: {
      readonly ref: JobRef;
      /** The nominal times: `fromMs <= t < toMs`, and no later than now. */
      readonly fromMs: number;
      readonly toMs: number;
      readonly overlap: BackfillOverlap;
      /** Runs a minute. */
      readonly rate: number;
      /** Laid over the job's own params, key by key. */
      readonly params: { readonly [key: string]: Json } | null;
    };
    readonly output: { readonly backfill: Backfill };
  };
  /** Those that the shard keeps, the newest first. */
  "backfill.list": {
    readonly input: { readonly ref: JobRef };
    readonly output: { readonly backfills: readonly Backfill[] };
  };
  "backfill.get": {
    readonly input: { readonly ref: BackfillRef };
    readonly output: { readonly backfill: Backfill };
  };
  "backfill.pause": {
    readonly input: { readonly ref: BackfillRef };
    readonly output: { readonly backfill: Backfill };
  };
  "backfill.resume": {
    readonly input: { readonly ref: BackfillRef };
    readonly output: { readonly backfill: Backfill };
  };
  "backfill.cancel": {
    readonly input: {
      readonly ref: BackfillRef;
      readonly ifVersion: number | null;
      /** What becomes of its runs that have started; those that have not are canceled. */
      readonly running: "finish" | "cancel";
    };
    readonly output: { readonly backfill: Backfill };
  };
}
