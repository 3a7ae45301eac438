import { NOTHING_YET, type Run, type RunOrder, type Slice, type Trigger } from "../core/run.ts";

/** What a run belongs to: a job, or a workflow of which it does a step. */
export interface RunOwner {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly namespace: string;
}

/** What is to be said of a run that comes into being. */
export interface RunBirth {
  readonly id: string;
  readonly trigger: Trigger;
  readonly nominalMs: number;
  readonly order: RunOrder;
  readonly dueMs: number;
  readonly nowMs: number;
  readonly traceparent: string | null;
  readonly slice?: Slice | null;
}

/** A run that waits for its first attempt. */
export function bornRun(owner: RunOwner, birth: RunBirth): Run {
  const { id, trigger, nominalMs, order, dueMs, nowMs, traceparent } = birth;
  return {
    id,
    jobId: owner.id,
    jobName: owner.name,
    jobVersion: owner.version,
    namespace: owner.namespace,
    trigger,
    nominalMs,
    order,
    phase: { state: "waiting", attempt: 0, dueMs },
    attempts: [],
    ...NOTHING_YET,
    slice: birth.slice ?? null,
    traceparent,
    createdMs: nowMs,
    startedMs: null,
    version: 1,
  };
}
