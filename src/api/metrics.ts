import { LAG_BUCKETS_MS, type ShardStats } from "../ports/shard-client.ts";
import type { Census } from "./shard-census.ts";

type Labels = { readonly [label: string]: string | number };
type Sample = { readonly suffix?: string; readonly labels: Labels; readonly value: number };

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

/** The gauges that each shard has one of. */
const GAUGES: readonly (readonly [string, string, (stats: ShardStats, nowMs: number) => number])[] =
  [
    ["tickwheel_jobs", "Jobs stored.", (s) => s.jobs],
    ["tickwheel_due_entries", "Jobs that wait for a tick.", (s) => s.due],
    ["tickwheel_overdue_entries", "Overdue entries not handled yet.", (s) => s.overdue],
    ["tickwheel_runs_live", "Runs that the shard holds.", (s) => s.liveRuns],
    [
      "tickwheel_runs_blocked",
      "Ready runs that a limit keeps from starting.",
      (s) => s.blockedRuns,
    ],
    ["tickwheel_runs_in_flight", "Deliveries without an answer yet.", (s) => s.inFlight],
    [
      "tickwheel_workflow_runs_live",
      "Workflow runs that have not ended.",
      (s) => s.liveWorkflowRuns,
    ],
    ["tickwheel_errands", "Commands to other shards without an answer yet.", (s) => s.errands],
    ["tickwheel_outbox_rows", "Rows that the records have not confirmed.", (s) => s.outbox],
    ["tickwheel_records_reachable", "1 when the records took the last batch.", reachableOf],
    ["tickwheel_alarm_armed", "1 when the shard will wake for what is due.", armedOf],
    ["tickwheel_behind_seconds", "How long the earliest due entry has waited.", behindOf],
  ];

/** All shards in the text format of Prometheus (0.0.4). */
export function metricsText(census: readonly Census[], nowMs: number): string {
  const stats = census.flatMap((one) => (one.stats === null ? [] : [one.stats]));
  const up: Metric = {
    name: "tickwheel_shard_up",
    help: "1 when the shard answered.",
    type: "gauge",
    samples: census.map((one) => ({
      labels: { shard: one.shard },
      value: Number(one.stats !== null),
    })),
  };
  const gauges = GAUGES.map(([name, help, value]): Metric => ({
    name,
    help,
    type: "gauge",
    samples: stats.map((s) => ({ labels: { shard: s.shard }, value: value(s, nowMs) })),
  }));
  const runs = [runsMetric(stats), workflowRunsMetric(stats)];
  return [up, ...gauges, ...runs, ticksMetric(stats), rowsMetric(stats), lagMetric(stats)]
    .map(metricText)
    .join("");
}

function runsMetric(stats: readonly ShardStats[]): Metric {
  return {
    name: "tickwheel_runs_ended_total",
    help: "Runs that ended since the shard woke, by outcome.",
    type: "counter",
    samples: stats.flatMap(({ shard, runsEnded }) => outcomes(shard, runsEnded)),
  };
}

function workflowRunsMetric(stats: readonly ShardStats[]): Metric {
  return {
    name: "tickwheel_workflow_runs_ended_total",
    help: "Workflow runs that ended since the shard woke, by outcome.",
    type: "counter",
    samples: stats.flatMap(({ shard, workflowRunsEnded }) => outcomes(shard, workflowRunsEnded)),
  };
}

function outcomes(shard: number, ended: { readonly [state: string]: number }): readonly Sample[] {
  return Object.entries(ended).map(([outcome, value]) => ({ labels: { shard, outcome }, value }));
}

function ticksMetric(stats: readonly ShardStats[]): Metric {
  return {
    name: "tickwheel_ticks_total",
    help: "Ticks decided since the shard woke, by disposition.",
    type: "counter",
    samples: stats.flatMap(({ shard, ticks }) =>
      Object.entries(ticks).map(([disposition, value]) => ({
        labels: { shard, disposition },
        value,
      })),
    ),
  };
}

/** What the platform bills; hosts that nobody charges leave it out. */
function rowsMetric(stats: readonly ShardStats[]): Metric {
  return {
    name: "tickwheel_shard_rows_written_total",
    help: "Rows that the shard's storage wrote since it woke, alarms among them.",
    type: "counter",
    samples: stats.flatMap(({ shard, rowsWritten }) =>
      rowsWritten === null ? [] : [{ labels: { shard }, value: rowsWritten }],
    ),
  };
}

function lagMetric(stats: readonly ShardStats[]): Metric {
  return {
    name: "tickwheel_tick_lag_seconds",
    help: "How late ticks fired.",
    type: "histogram",
    samples: stats.flatMap(lagSamples),
  };
}

/** The shard's buckets are apart; those of Prometheus include the ones before them. */
function lagSamples({ shard, lagBuckets, lagSumMs }: ShardStats): readonly Sample[] {
  const bounds = [...LAG_BUCKETS_MS.map((ms) => String(ms / 1_000)), "+Inf"];
  let count = 0;
  const buckets = bounds.map((le, i): Sample => {
    count += lagBuckets[i] ?? 0;
    return { suffix: "_bucket", labels: { shard, le }, value: count };
  });
  return [
    ...buckets,
    { suffix: "_sum", labels: { shard }, value: lagSumMs / 1_000 },
    { suffix: "_count", labels: { shard }, value: count },
  ];
}

function reachableOf(stats: ShardStats): number {
  return Number(stats.isRecordsReachable);
}

function armedOf(stats: ShardStats): number {
  return Number(isArmed(stats));
}

/** A shard with something due that has no alarm would sleep over it. */
export function isArmed(stats: ShardStats): boolean {
  return stats.earliestDueMs === null || stats.armedMs !== null;
}

/** How long the earliest due entry has waited, in seconds. */
export function behindOf(stats: ShardStats, nowMs: number): number {
  return stats.earliestDueMs === null ? 0 : Math.max(0, nowMs - stats.earliestDueMs) / 1_000;
}

function metricText({ name, help, type, samples }: Metric): string {
  const lines = samples.map(
    ({ suffix = "", labels, value }) => `${name}${suffix}{${labelsText(labels)}} ${value}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escaped(String(value))}"`)
    .join(",");
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
