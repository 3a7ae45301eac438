import { assert } from "./assert.ts";
import { hash128, hashBelow } from "./hash.ts";
import type { PartRef } from "./workflow-effect.ts";

export const PLACEMENT_LIMITS = { shardsMax: 1024 } as const;

/** The single writer of a job: its name is unique because every job of that name lands here. */
export function shardOf(namespace: string, name: string, shards: number): number {
  assert(shards >= 1 && shards <= PLACEMENT_LIMITS.shardsMax, "a deployment has 1 to 1024 shards");
  return hashBelow(`${namespace}\u0000${name}`, shards);
}

/** The single writer of a workflow and its runs. A job of the same name may live elsewhere. */
export function workflowShardOf(namespace: string, name: string, shards: number): number {
  return shardOf(namespace, `workflow:${name}`, shards);
}

export type IdKind = "job" | "run" | "bf" | "wf" | "wr";
const ID = /^(job|run|bf|wf|wr)_([0-9a-f]{32})([0-9a-z]{2})$/;

/**
 * `job_`, `run_`, `bf_` (a backfill), `wf_` (a workflow) or `wr_` (a workflow run), a UUIDv7 in hex, and the
 * shard in two base-36 digits: sorts by time, says where it lives.
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

/**
 * A part of a workflow run has one id, whoever computes it and however often, so that it cannot be started
 * twice. It sorts beside the workflow run: a UUIDv7 with the time of that run's id, and 74 bits of a hash.
 */
export function stepRunId(workflowRunId: string, ref: PartRef, shard: number): string {
  const { step, part, revision, isCompensation } = ref;
  const place = `${step}/${part}/${revision}/${isCompensation ? "undo" : "do"}`;
  return idOf("run", derivedUuid("wr", workflowRunId, place), shard);
}

/** The workflow run that an attempt of a run starts: one, however often it is asked to. */
export function workflowRunIdFor(runId: string, attempt: number, shard: number): string {
  return idOf("wr", derivedUuid("run", runId, String(attempt)), shard);
}

/** In hex: the time of an id, and behind it bits that follow from the whole id and from what is derived. */
function derivedUuid(kind: IdKind, id: string, derived: string): string {
  const match = ID.exec(id);
  assert(match !== null && match[1] === kind, `a ${kind} has an id of its kind`);
  const time = (match[2] ?? "").slice(0, 12);
  const [first, second, third, fourth] = hash128(`${id}\u0000${derived}`);
  const high = 0x7000 | (fourth & 0xfff);
  const variant = (0x8000_0000 | (first & 0x3fff_ffff)) >>> 0;
  return time + hex(high, 4) + hex(variant, 8) + hex((second ^ third) >>> 0, 8);
}

function hexAt(text: string, from: number, to: number): number {
  return Number.parseInt(text.slice(from, to), 16);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
