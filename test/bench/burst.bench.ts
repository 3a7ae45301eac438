/**
 * Goal: how fast a herd of one-shots that are all due at one instant is dispatched, signed and recorded.
 * Method: dispatches per second from the due instant to the last arrival, beside the rate of a bare
 * `node:http` client with 64 sockets that sends the same bytes to the same sink. The machine is noisy, so
 * herd and bare client take turns, and the figure is the median of the rounds' ratios. The first rounds only warm both
 * up: what is compared is compiled code. Their ratios are told, too.
 */
import { bareRate } from "./bare-client.ts";
import {
  eachOf,
  startHost,
  startSink,
  until,
  type BenchHost,
  type SinkStats,
} from "./processes.ts";

/** Jobs whose one-shots these are: enough to reach every shard. */
const JOBS = 32;

export interface BurstOptions {
  readonly oneShots: number;
  /** One-shots made a second that the lead before the due instant allows for. */
  readonly madePerSecond: number;
  readonly rounds: number;
  /** Rounds before those. */
  readonly warmUpRounds: number;
  /** How long each answer takes; none unless it is said. */
  readonly answerMs?: number;
  /** Settings of the host beside those of every benchmark. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Round {
  readonly perSecond: number;
  readonly barePerSecond: number;
  readonly ofBare: number;
  readonly doubled: number;
  /** How long after the last arrival every run was in the records. */
  readonly recordedWithinMs: number;
  readonly latenessMs: SinkStats["latenessMs"];
}

export async function burst(host: "node" | "workers", options: BurstOptions): Promise<object> {
  const { oneShots } = options;
  const sink = await startSink(options.answerMs);
  const env = options.env ?? (host === "workers" ? { SHARDS: "2" } : {});
  const tickwheel = await startHost(host, { env });
  try {
    await eachOf(JOBS, 8, (i) =>
      tickwheel.call("POST", "/api/v1/jobs", {
        name: `burst-${i}`,
        schedule: { kind: "manual" },
        target: { kind: "webhook", url: `${sink.url}/hook` },
        overlap: "allow",
      }),
    );
    const all: Round[] = [];
    for (let i = 0; i < options.warmUpRounds + options.rounds; i++)
      all.push(await playRound(tickwheel, sink, options));
    const rounds = all.slice(options.warmUpRounds);
    const median = rounds.toSorted((one, other) => one.ofBare - other.ofBare)[
      Math.floor((rounds.length - 1) / 2)
    ];
    return {
      bench: "burst",
      host,
      ...env,
      oneShots,
      ...median,
      rounds: rounds.map((r) => r.ofBare),
      warmUp: all.slice(0, options.warmUpRounds).map((r) => r.ofBare),
    };
  } finally {
    await tickwheel.stop();
    await sink.stop();
  }
}

async function playRound(
  tickwheel: BenchHost,
  sink: Awaited<ReturnType<typeof startSink>>,
  { oneShots, madePerSecond }: BurstOptions,
): Promise<Round> {
  await sink.reset();
  const dueMs = Date.now() + 3_000 + (oneShots / madePerSecond) * 1_000;
  const at = new Date(dueMs).toISOString();
  await eachOf(oneShots, 32, (i) =>
    tickwheel.call("POST", `/api/v1/jobs/burst-${i % JOBS}/runs`, { at, params: { i } }),
  );
  if (Date.now() > dueMs) throw new Error("the one-shots were not made in time");
  await until(
    () => sink.count(),
    (unique) => unique >= oneShots,
    dueMs - Date.now() + 120_000,
  );
  const stats = await sink.stats();
  const recordedWithinMs = await recordedWithin(tickwheel, stats.lastMs);
  const ours = oneShots / ((stats.lastMs - dueMs) / 1_000);
  const bare = await bareRate(sink.url, await sink.example(), Math.max(oneShots, 2_000));
  return {
    perSecond: Math.round(ours),
    barePerSecond: Math.round(bare),
    ofBare: Number((ours / bare).toFixed(2)),
    doubled: stats.doubled,
    recordedWithinMs,
    latenessMs: stats.latenessMs,
  };
}

/** How long after the last arrival every run was in the records, counted from the shards' own outboxes. */
async function recordedWithin(tickwheel: BenchHost, lastMs: number): Promise<number> {
  await until(
    async () => String(await tickwheel.call("GET", "/metrics")),
    (text) =>
      total(text, /^tickwheel_outbox_rows\{[^}]*\} (\d+)/gm) === 0 &&
      total(text, /^tickwheel_runs_live\{[^}]*\} (\d+)/gm) === 0,
    60_000,
  );
  return Math.round(Date.now() - lastMs);
}

function total(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
}
