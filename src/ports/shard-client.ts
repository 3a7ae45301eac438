import type { CalendarCopy } from "../core/calendar.ts";
import type { TickChanges } from "../core/calendar-impact.ts";
import type { Json } from "../core/json.ts";
import type { Job, JobSpec } from "../core/job.ts";
import type { RefusalData } from "../core/refusal.ts";
import type { Run, RunError, Slice } from "../core/run.ts";
import type { Tick } from "../core/tick.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { BackfillCommands } from "./backfill-commands.ts";
import type { DirectoryCopy } from "./shard-storage.ts";
import type { UpcomingCommands } from "./upcoming.ts";
import type { WorkflowCommands } from "./workflow-commands.ts";

/** A job by its id, or by its name within a namespace. A job of another namespace is unknown. */
export interface JobRef {
  readonly namespace: string;
  /** The id, or the name. */
  readonly job: string;
}

export interface RunRef {
  readonly namespace: string;
  readonly run: string;
}

/** A job with what only its shard knows. */
export interface JobView {
  readonly job: Job;
  /** The nominal time of the next tick; null when none comes. */
  readonly nextTickMs: number | null;
  /** The newest runs that the shard still holds, newest first; at most ten. */
  readonly runs: readonly Run[];
}

/** Which ticks of a job a calendar's change would take away, and which it would bring. */
export interface JobImpact extends TickChanges {
  /** The job's name. */
  readonly job: string;
}

/** What a shard says of itself, for `/readyz` and `/metrics`. Counters start at zero when it wakes. */
export interface ShardStats {
  readonly shard: number;
  readonly jobs: number;
  /** Jobs that wait for a tick. */
  readonly due: number;
  /** Overdue entries that could not be handled yet. */
  readonly overdue: number;
  readonly liveRuns: number;
  /** Runs whose turn has come, and that a limit of a host, an executor or its nodes keeps from starting. */
  readonly blockedRuns: number;
  readonly inFlight: number;
  /** Rows that the records have not confirmed. */
  readonly outbox: number;
  readonly earliestDueMs: number | null;
  /** The instant of the alarm; null when there is none. */
  readonly armedMs: number | null;
  /** Ended runs by their state. */
  readonly runsEnded: { readonly [state: string]: number };
  /** Ended workflow runs by their state. */
  readonly workflowRunsEnded: { readonly [state: string]: number };
  /** Workflow runs that have not ended. */
  readonly liveWorkflowRuns: number;
  /** Commands to other shards that have not been answered. */
  readonly errands: number;
  /** Ticks by their disposition. */
  readonly ticks: { readonly [disposition: string]: number };
  /** How late ticks fired: how many at most `LAG_BUCKETS_MS[i]` late, not cumulative, the last beyond all. */
  readonly lagBuckets: readonly number[];
  readonly lagSumMs: number;
  /** Rows that storage wrote since the shard woke, alarms among them; null where nobody charges for them. */
  readonly rowsWritten: number | null;
  /** Whether the records took the last batch. */
  readonly isRecordsReachable: boolean;
}

export const LAG_BUCKETS_MS = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000, 600_000,
] as const;

/** Every command that a shard understands: what goes in, and what comes out. All of it is plain data. */
export interface ShardCommands extends BackfillCommands, UpcomingCommands, WorkflowCommands {
  "job.put": {
    readonly input: {
      readonly namespace: string;
      readonly spec: JobSpec;
      /** `create` refuses a name that exists, `replace` one that does not. */
      readonly mode: "create" | "upsert" | "replace";
      /** Refused unless the stored version is this one; null does not ask. */
      readonly ifVersion: number | null;
      /** What the target needs from the directory: the shard keeps a copy when it has none or an older one. */
      readonly copies: readonly DirectoryCopy[];
    };
    readonly output: { readonly view: JobView; readonly isNew: boolean };
  };
  "job.get": {
    readonly input: { readonly ref: JobRef };
    readonly output: {
      readonly view: JobView;
      /** The next nominal times that may run, `view.nextTickMs` first; at most five. */
      readonly nextTicksMs: readonly number[];
    };
  };
  /** What the shard knows of one nominal time of a job. */
  "tick.get": {
    readonly input: { readonly ref: JobRef; readonly nominalMs: number };
    readonly output: {
      readonly view: JobView;
      /** The tick's run, while the shard holds it. */
      readonly run: Run | null;
      /** The row of the ledger that stands for it, alone or as a range, while the shard holds it. */
      readonly tick: Tick | null;
      /** The last nominal time that is accounted for. */
      readonly cursorMs: number;
    };
  };
  "job.delete": {
    readonly input: {
      readonly ref: JobRef;
      readonly ifVersion: number | null;
      readonly running: "finish" | "cancel";
    };
    readonly output: { readonly jobId: string };
  };
  "job.pause": {
    readonly input: {
      readonly ref: JobRef;
      readonly untilMs: number | null;
      readonly reason: string | null;
    };
    readonly output: { readonly view: JobView };
  };
  "job.resume": {
    readonly input: {
      readonly ref: JobRef;
      /** Null takes the job's own misfire policy. */
      readonly missed: "skip" | "latest" | "all" | null;
    };
    readonly output: { readonly view: JobView };
  };
  "run.create": {
    readonly input: {
      readonly ref: JobRef;
      readonly trigger: "api" | "manual";
      /** Laid over the job's own params, key by key. */
      readonly params: { readonly [key: string]: Json } | null;
      readonly node: string | null;
      /** When it is due; null is now. */
      readonly atMs: number | null;
      /** `allow` starts it beside a live run of the same job. */
      readonly overlap: "allow" | null;
      readonly traceparent: string | null;
    };
    readonly output: { readonly run: Run };
  };
  "run.retry": {
    readonly input: {
      /** The run to do again: the API found it in the shard or in the records. */
      readonly origin: Run;
      /** Of a sharded origin, the slices to do again; null does all of them. */
      readonly slices: readonly Slice[] | null;
      readonly params: { readonly [key: string]: Json } | null;
      readonly traceparent: string | null;
    };
    readonly output: { readonly run: Run };
  };
  /** The run as the shard holds it; refused with `run.unknown` once it has left for the records. */
  "run.get": { readonly input: { readonly ref: RunRef }; readonly output: { readonly run: Run } };
  "run.cancel": {
    readonly input: { readonly ref: RunRef; readonly reason: string | null };
    readonly output: { readonly run: Run };
  };
  /** The executor's word that an attempt goes on: its lease begins anew. Refused once the attempt is over. */
  "run.extend": {
    readonly input: {
      readonly namespace: string;
      /** Whose run it must be. */
      readonly appKey: string;
      readonly runId: string;
      readonly attempt: number;
      readonly progress: {
        readonly percent: number | null;
        readonly message: string | null;
      } | null;
    };
    /** `isCanceled`: the handler is to stop. */
    readonly output: { readonly run: Run; readonly isCanceled: boolean };
  };
  "run.callback": {
    readonly input: {
      readonly runId: string;
      readonly attempt: number;
      /** `canceled`: the handler has stopped as it was asked to. */
      readonly status: "succeeded" | "failed" | "canceled";
      readonly result: Json;
      readonly resultTruncated: boolean;
      /** What it lays over the shared context of its workflow run; null changes nothing. */
      readonly context: { readonly [key: string]: Json } | null;
      readonly error: RunError | null;
      /** False ends the run though attempts are left. */
      readonly retry: boolean;
      /** SHA-256 of the callback's meaning: equal digests are repetitions. */
      readonly digest: string;
    };
    readonly output: { readonly run: Run; readonly isRepeat: boolean };
  };
  "directory.put": {
    readonly input: { readonly copies: readonly DirectoryCopy[] };
    readonly output: { readonly taken: number };
  };
  "directory.list": {
    readonly input: Record<string, never>;
    readonly output: {
      readonly copies: readonly { readonly key: string; readonly version: number }[];
    };
  };
  /**
   * What new forms of calendars would move, though none is stored: for the jobs that use one of them, in the
   * order of their ids, some of them with each call.
   */
  "calendar.impact": {
    readonly input: {
      readonly copies: readonly CalendarCopy[];
      /** Goes on after this job; the empty text begins. */
      readonly afterJobId: string;
      /** Of so many jobs at most it is told which ticks move. */
      readonly jobsMax: number;
    };
    readonly output: {
      readonly jobs: readonly JobImpact[];
      /** How many jobs this call has looked at. */
      readonly jobsCount: number;
      /** The names of those that would have no tick left. */
      readonly deadJobs: readonly string[];
      /** There are jobs whose ticks move and that are not told of. */
      readonly isCut: boolean;
      /** Where the next call goes on; null when all have been looked at. */
      readonly nextAfterJobId: string | null;
    };
  };
  /** Who uses a calendar: how many jobs, and the names of a few of them. */
  "calendar.jobs": {
    readonly input: { readonly namespace: string; readonly name: string };
    readonly output: { readonly jobs: readonly string[]; readonly jobsCount: number };
  };
  /** Reserves an idempotency key whose command runs on another shard. */
  "idempotency.claim": {
    readonly input: Record<string, never>;
    readonly output: { readonly claimed: true };
  };
  stats: { readonly input: Record<string, never>; readonly output: ShardStats };
}

export type ShardCommandKind = keyof ShardCommands;
export type CommandInput<K extends ShardCommandKind> = ShardCommands[K]["input"];
export type CommandOutput<K extends ShardCommandKind> = ShardCommands[K]["output"];

/** Names one POST for 24 hours. `key` is already bound to who sent it; `bodyHash` covers method, path and body. */
export interface Idempotency {
  readonly key: string;
  readonly bodyHash: string;
}

export type ShardReply<K extends ShardCommandKind> =
  | {
      readonly ok: true;
      readonly value: ShardCommands[K]["output"];
      /** This is the first answer to the same key, not a new deed. */
      readonly isReplay: boolean;
    }
  | { readonly ok: false; readonly refusal: RefusalData };

/** One shard as the API sees it: one call a command, plain data both ways. */
export interface ShardClient {
  /** Rejects only when the shard cannot be reached; what it refuses it answers. */
  call<K extends ShardCommandKind>(
    kind: K,
    input: ShardCommands[K]["input"],
    idempotency?: Idempotency,
  ): Promise<ShardReply<K>>;
  /**
   * Waits until the run has ended, at most `waitMs` (60 s at most), and returns it as it then is; null
   * when the shard does not hold it.
   */
  waitForRun(runId: string, waitMs: number): Promise<Run | null>;
  /** The same for a workflow run. */
  waitForWorkflowRun(workflowRunId: string, waitMs: number): Promise<WorkflowRun | null>;
}

export interface Shards {
  readonly count: number;
  at(shard: number): ShardClient;
}
