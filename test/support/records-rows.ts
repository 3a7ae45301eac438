import { idOf, tickRunId } from "../../src/core/placement.ts";
import type { Job, JobSpec } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Tick } from "../../src/core/tick.ts";
import type { RecordsBatch } from "../../src/ports/records.ts";
import { EXECUTOR_DEFAULTS } from "./specs.ts";

/** Builders of rows with every default filled in: a case names only what it is about. */

export function jobId(number: number): string {
  return idOf("job", number.toString(16).padStart(32, "0"), 0);
}

export function runId(number: number): string {
  return idOf("run", number.toString(16).padStart(32, "0"), 0);
}

export function aJobSpec(over: Partial<JobSpec> = {}): JobSpec {
  return {
    name: "report",
    description: "",
    owner: "",
    tags: [],
    schedule: { kind: "manual" },
    target: {
      kind: "webhook",
      url: "https://example.com/hook",
      method: "POST",
      headers: {},
      body: null,
      mode: "sync",
    },
    params: {},
    sharding: null,
    misfire: { policy: "latest", grace: "5s", maxAge: "1h", maxCatchup: 10 },
    overlap: "skip",
    retry: {
      max: 3,
      backoff: { kind: "exponential", base: "10s", factor: 3, max: "1d" },
      jitter: "full",
      untilNextTick: false,
    },
    timeout: "60s",
    startWithin: null,
    delivery: "at_least_once",
    priority: 0,
    concurrency: null,
    ...over,
  };
}

export function aJob(over: Partial<Omit<Job, "spec">> & { spec?: Partial<JobSpec> } = {}): Job {
  return {
    id: jobId(1),
    namespace: "default",
    version: 1,
    state: "active",
    pause: null,
    createdMs: 1_000,
    ticksDone: 0,
    updatedMs: 1_000,
    ...over,
    spec: aJobSpec(over.spec),
  };
}

/** The target of a job that names an executor. */
export function onExecutor(executor: string): Pick<JobSpec, "target"> {
  return { target: { kind: "executor", executor, handler: "report", ...EXECUTOR_DEFAULTS } };
}

export function aRun(over: Partial<Run> = {}): Run {
  return {
    id: runId(1),
    jobId: jobId(1),
    jobName: "report",
    jobVersion: 1,
    namespace: "default",
    trigger: { kind: "api" },
    nominalMs: 1_000,
    order: {
      target: aJobSpec().target,
      params: {},
      timeoutMs: 60_000,
      retry: {
        attemptsMax: 4,
        baseMs: 10_000,
        factor: 3,
        delayMsMax: 86_400_000,
        jitter: "full",
        beforeMs: null,
      },
      delivery: "at_least_once",
      overlap: "skip",
      priority: 0,
      node: null,
      sharding: null,
      slices: null,
    },
    phase: { state: "waiting", attempt: 0, dueMs: 1_000 },
    attempts: [],
    result: null,
    resultTruncated: false,
    error: null,
    cancelReason: null,
    cancelRequestedMs: null,
    progress: null,
    slice: null,
    tally: null,
    traceparent: null,
    createdMs: 1_000,
    startedMs: null,
    version: 1,
    ...over,
  };
}

/** The run of one tick, with the id that a tick's run has. */
export function aTickRun(nominalMs: number, over: Partial<Run> = {}): Run {
  const job = over.jobId ?? jobId(1);
  return aRun({
    id: tickRunId(job, nominalMs, 0),
    trigger: { kind: "tick", tickMs: nominalMs },
    nominalMs,
    createdMs: nominalMs,
    ...over,
  });
}

/** A run that went to a node and ended there. */
export function anEndedRun(
  number: number,
  end: { readonly node: string; readonly tookMs: number; readonly error?: string },
): Run {
  const createdMs = number * 1_000;
  const isFailed = end.error !== undefined;
  return aRun({
    id: runId(number),
    nominalMs: createdMs,
    createdMs,
    startedMs: createdMs,
    phase: {
      state: isFailed ? "failed" : "succeeded",
      attempt: 1,
      endedMs: createdMs + end.tookMs,
    },
    attempts: [
      {
        attempt: 1,
        send: 1,
        node: end.node,
        sentMs: createdMs,
        answeredMs: createdMs + end.tookMs,
        outcome: isFailed ? "failed" : "succeeded",
        status: isFailed ? 500 : 200,
        error: isFailed ? { message: end.error, code: null } : null,
        phases: { connect: 1, firstByte: 3, end: 4 },
        callbackDigest: null,
        late: false,
      },
    ],
    error: isFailed ? { message: end.error, code: null } : null,
    version: 3,
  });
}

export function aTick(nominalMs: number, over: Partial<Tick> = {}): Tick {
  return {
    jobId: jobId(1),
    namespace: "default",
    nominalMs,
    toMs: nominalMs,
    count: 1,
    disposition: "skipped",
    reason: "overlap",
    intoMs: null,
    plannedMs: nominalMs,
    evidence: null,
    ...over,
  };
}

export function aBatch(over: Partial<RecordsBatch> = {}): RecordsBatch {
  return {
    jobs: [],
    deletedJobs: [],
    runs: [],
    ticks: [],
    workflows: [],
    deletedWorkflows: [],
    workflowRuns: [],
    steps: [],
    ...over,
  };
}
