import type { Backfill } from "../../src/core/backfill.ts";
import type { Job, JobSpec } from "../../src/core/job.ts";
import type { Run } from "../../src/core/run.ts";
import type { Tick } from "../../src/core/tick.ts";
import { CRON_DEFAULTS } from "./specs.ts";

const CREATED_MS = 1_790_000_000_000;

const SCHEDULE = {
  kind: "cron",
  cron: "0 3 * * *",
  dialect: "standard",
  timezone: "Europe/Stockholm",
  ...CRON_DEFAULTS,
} as const;

const SPEC: JobSpec = {
  name: "nightly-report",
  description: "Sums up the day.",
  owner: "ops",
  tags: ["billing"],
  schedule: SCHEDULE,
  target: {
    kind: "webhook",
    url: "https://reports.example.com/run",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: null,
    mode: "sync",
  },
  params: { region: "north", "quoted \" 'name'": "日本 🎌 \u0000" },
  sharding: null,
  misfire: { policy: "latest", grace: "1m", maxAge: "1d", maxCatchup: 10 },
  overlap: "skip",
  retry: {
    max: 3,
    backoff: { kind: "exponential", base: "1s", factor: 2, max: "1m" },
    jitter: "full",
    untilNextTick: false,
  },
  timeout: "30s",
  startWithin: null,
  delivery: "at_least_once",
  priority: 0,
  concurrency: null,
};

/** A job as a shard stores it. */
export function aStoredJob(
  more: Partial<Omit<Job, "spec">> & {
    readonly name?: string;
    readonly calendar?: string | null;
  } = {},
): Job {
  const { name = SPEC.name, calendar = null, ...rest } = more;
  const use = calendar === null ? null : ({ name: calendar, roll: "skip" } as const);
  return {
    id: "job_a",
    namespace: "default",
    version: 1,
    state: "active",
    spec: { ...SPEC, name, schedule: { ...SCHEDULE, calendar: use } },
    pause: null,
    createdMs: CREATED_MS,
    ticksDone: 0,
    updatedMs: CREATED_MS,
    ...rest,
  };
}

/** A run in flight, of about the size that most runs have: 1 KB. */
export function aStoredRun(more: Partial<Run> = {}): Run {
  return {
    id: "run_a",
    jobId: "job_a",
    jobName: SPEC.name,
    jobVersion: 1,
    namespace: "default",
    trigger: { kind: "tick", tickMs: CREATED_MS },
    nominalMs: CREATED_MS,
    order: {
      target: SPEC.target,
      params: SPEC.params,
      timeoutMs: 30_000,
      retry: {
        attemptsMax: 4,
        baseMs: 1_000,
        factor: 2,
        delayMsMax: 60_000,
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
    phase: { state: "dispatching", attempt: 1, send: 1, dueMs: CREATED_MS + 30_000 },
    attempts: [
      {
        attempt: 1,
        send: 1,
        node: null,
        sentMs: CREATED_MS + 3,
        answeredMs: null,
        outcome: "in_flight",
        status: null,
        error: null,
        phases: null,
        callbackDigest: null,
        late: false,
      },
    ],
    result: null,
    resultTruncated: false,
    error: null,
    cancelReason: null,
    cancelRequestedMs: null,
    progress: null,
    slice: null,
    tally: null,
    traceparent: null,
    createdMs: CREATED_MS,
    startedMs: CREATED_MS + 3,
    version: 1,
    ...more,
  };
}

export function aStoredTick(more: Partial<Tick> = {}): Tick {
  return {
    jobId: "job_a",
    namespace: "default",
    nominalMs: CREATED_MS,
    toMs: CREATED_MS,
    count: 1,
    disposition: "skipped",
    reason: "overlap",
    intoMs: null,
    plannedMs: CREATED_MS + 3,
    evidence: null,
    ...more,
  };
}

export function aStoredBackfill(more: Partial<Backfill> = {}): Backfill {
  return {
    id: "bf_a",
    namespace: "default",
    jobId: "job_a",
    jobName: SPEC.name,
    fromMs: CREATED_MS - 7 * 86_400_000,
    toMs: CREATED_MS,
    overlap: "buffer_all",
    rate: 60,
    params: { region: "south" },
    schedule: SPEC.schedule,
    calendar: null,
    state: "running",
    total: 7,
    made: 2,
    skipped: 0,
    succeeded: 1,
    failed: 0,
    canceled: 0,
    nextMs: CREATED_MS - 4 * 86_400_000,
    slotMs: CREATED_MS + 1.5,
    dueMs: CREATED_MS + 2,
    createdMs: CREATED_MS,
    updatedMs: CREATED_MS,
    pausedMs: null,
    endedMs: null,
    version: 1,
    ...more,
  };
}
