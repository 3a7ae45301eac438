import { readFileSync } from "node:fs";

/** What an executor process wrote down of its own work, one line an event: nothing of ours has touched it. */
export interface WorkLine {
  readonly atMs: number;
  readonly node: string;
  readonly what: "start" | "end" | "canceled";
  readonly run: string;
  readonly attempt: number;
  readonly job: string;
  readonly nominalAt: string;
  /** Of a shard's run. */
  readonly shard: { readonly index: number; readonly total: number } | null;
  readonly items: readonly unknown[] | null;
}

/** A process that was killed may leave half a line, which counts as not written. */
export function readEvidence(files: readonly string[]): readonly WorkLine[] {
  return files
    .flatMap((file) => readFileSync(file, "utf8").split("\n").slice(0, -1))
    .map((line): WorkLine => JSON.parse(line))
    .toSorted((a, b) => a.atMs - b.atMs);
}
