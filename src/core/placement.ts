import { assert } from "./assert.ts";
import { hash128, hashBelow } from "./hash.ts";

export const PLACEMENT_LIMITS = { shardsMax: 1024 } as const;

/** The single writer of a job: its name is unique because every job of that name lands here. */
export function shardOf(namespace: string, name: string, shards: number): number {
  assert(shards >= 1 && shards <= PLACEMENT_LIMITS.shardsMax, "a deployment has 1 to 1024 shards");
  return hashBelow(`${namespace}\u0000${name}`, shards);
}

export type IdKind = "job" | "run";
const ID = /^(job|run)_([0-9a-f]{32})([0-9a-z]{2})$/;

/** `job_` or `run_`, a UUIDv7 in hex, and the shard in two base-36 digits: sorts by time, says where it lives. */
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
 * The run of one tick has one id, whoever computes it and however often: the nominal time and a hash of
 * (job id, nominal time) in the layout of a UUIDv7 (RFC 9562, section 5.7). Inserting it twice is
 * therefore impossible, in the shard and in the records, without an index of its own.
 */
export function tickRunId(jobId: string, nominalMs: number, shard: number): string {
  const [a, b, c, d] = hash128(`${jobId}@${nominalMs}`);
  const time = nominalMs.toString(16).padStart(12, "0");
  const high = (0x7000 | (a & 0x0fff)).toString(16);
  const low = (0x8000 | (b & 0x3fff)).toString(16);
  return idOf("run", `${time}${high}${low}${hex32(c).slice(0, 4)}${hex32(d)}`, shard);
}

function hex32(word: number): string {
  return word.toString(16).padStart(8, "0");
}
