import { assert } from "./assert.ts";
import { hashBelow } from "./hash.ts";

export const PLACEMENT_LIMITS = { shardsMax: 1024 } as const;

/** The single writer of a job: its name is unique because every job of that name lands here. */
export function shardOf(namespace: string, name: string, shards: number): number {
  assert(shards >= 1 && shards <= PLACEMENT_LIMITS.shardsMax, "a deployment has 1 to 1024 shards");
  return hashBelow(`${namespace}\u0000${name}`, shards);
}

export type IdKind = "job" | "run" | "bf" | "wf" | "wr";
const ID = /^(job|run|bf|wf|wr)_([0-9a-f]{32})([0-9a-z]{2})$/;

/**
 * `job_`, `run_`, `bf_` (a backfill), `wf_` (a workflow) or `wr_` (a workflow run), a UUIDv7 in hex, and the shard in two base-36 digits: sorts by time,
 * says where it lives.
 */
export function idOf(kind: IdKind, uuid: string, shard: number): string {
  return `${kind}_${uuid.replaceAll("-", "")}${shard.toString(36).padStart(2, "0")}`;
}

/** The shard an id names, or undefined when the text is no id of that kind in a deployment of that size. */
export function shardOfId(kind: IdKind, id: string, shards: number): number | undefined {
  const match = ID.exec(id);
  if (match === null || match[1] !== kind) return undefined;
  const shard = Number.parseInt(match[3] ?? "", 36);
  return shard < shards ? shard : undefined;
}

/**
 * The run of one tick has one id, whoever computes it and however often: inserting it twice is therefore
 * impossible, in the shard and in the records, without an index of its own. It has the layout of a UUIDv7
 * (RFC 9562, section 5.7): the nominal time, then of the job's own UUIDv7 the low 32 bits of its time and
 * the 42 bits behind it, which the generator counts up. So runs of one instant lie side by side in the
 * order of their jobs, and a commit of many touches few pages.
 */
export function tickRunId(jobId: string, nominalMs: number, shard: number): string {
  const job = ID.exec(jobId)?.[2];
  assert(job !== undefined, "a job's id is a UUIDv7");
  // Hex digits of a UUIDv7: 12 of time, the version, 3 of counter, the variant with 2 bits, 15 more.
  const time = nominalMs.toString(16).padStart(12, "0");
  const born = Number.parseInt(job.slice(4, 12), 16);
  const high = Number.parseInt(job.slice(13, 16), 16);
  const low = (Number.parseInt(job.slice(16, 17), 16) & 0x3) * 0x1000_0000 + hexAt(job, 17, 24);
  const first = 0x7000 | (born >>> 20);
  // 62 bits behind the variant: 20 of the birth, 12 and 30 of the counter.
  const second = 0x8000_0000 + (born & 0xf_ffff) * 0x400 + (high >>> 2);
  const third = (high & 0x3) * 0x4000_0000 + low;
  return idOf("run", time + hex(first, 4) + hex(second, 8) + hex(third, 8), shard);
}

function hexAt(text: string, from: number, to: number): number {
  return Number.parseInt(text.slice(from, to), 16);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
