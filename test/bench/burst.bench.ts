/**
 * Goal: how fast a herd of one-shots that are all due at one instant is dispatched, signed and recorded.
 * Method: dispatches per second from the due instant to the last arrival, beside the rate of a bare
 * `node:http` client with 64 sockets that sends the same bytes to the same sink, before and after.
 */
import { Agent, request } from "node:http";
import { eachOf, startHost, startSink, until, type SinkExample } from "./processes.ts";

const SOCKETS = 64;
/** One-shots made a second that the lead before the due instant allows for. */
const MADE_PER_SECOND = { node: 1_500, workers: 300 } as const;
/** Jobs whose one-shots these are: enough to reach every shard. */
const JOBS = 32;

export async function burst(
  host: "node" | "workers",
  options: { readonly oneShots: number },
): Promise<object> {
  const { oneShots } = options;
  const sink = await startSink();
  const tickwheel = await startHost(host, { env: host === "workers" ? { SHARDS: "2" } : {} });
  try {
    await eachOf(JOBS, 8, (i) =>
      tickwheel.call("POST", "/api/v1/jobs", {
        name: `burst-${i}`,
        schedule: { kind: "manual" },
        target: { kind: "webhook", url: `${sink.url}/hook` },
        overlap: "allow",
      }),
    );
    const dueMs = Date.now() + 3_000 + (oneShots / MADE_PER_SECOND[host]) * 1_000;
    const at = new Date(dueMs).toISOString();
    await eachOf(oneShots, 32, (i) =>
      tickwheel.call("POST", `/api/v1/jobs/burst-${i % JOBS}/runs`, { at, params: { i } }),
    );
    if (Date.now() > dueMs) throw new Error("the one-shots were not made in time");
    const stats = await until(
      () => sink.stats(),
      ({ unique }) => unique >= oneShots,
      dueMs - Date.now() + 120_000,
    );
    const ours = oneShots / ((stats.lastMs - dueMs) / 1_000);
    const bare = await bareRate(sink.url, await sink.example(), Math.max(oneShots, 2_000));
    return {
      bench: "burst",
      host,
      oneShots,
      perSecond: Math.round(ours),
      barePerSecond: Math.round(bare),
      ofBare: Number((ours / bare).toFixed(2)),
      doubled: stats.doubled,
      recordedWithinMs: await recordedWithin(tickwheel, oneShots, stats.lastMs),
      latenessMs: stats.latenessMs,
    };
  } finally {
    await tickwheel.stop();
    await sink.stop();
  }
}

/** How long after the last arrival every run was in the records, counted from the shards' own outboxes. */
async function recordedWithin(
  tickwheel: Awaited<ReturnType<typeof startHost>>,
  oneShots: number,
  lastMs: number,
): Promise<number> {
  await until(
    async () => String(await tickwheel.call("GET", "/metrics")),
    (text) =>
      total(text, /^tickwheel_outbox_rows\{[^}]*\} (\d+)/gm) === 0 &&
      total(text, /^tickwheel_runs_ended_total\{[^}]*"succeeded"[^}]*\} (\d+)/gm) >= oneShots,
    60_000,
  );
  return Math.round(Date.now() - lastMs);
}

function total(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** The median of three rounds of the bare client. */
async function bareRate(url: string, example: SinkExample, count: number): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < 3; round++) rates.push(await bareRound(url, example, count));
  return rates.toSorted((a, b) => a - b)[1] ?? 0;
}

async function bareRound(url: string, example: SinkExample, count: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const { connection: _connection, host: _host, ...headers } = example.headers;
  const send = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const sent = request(`${url}/hook`, { method: "POST", agent, headers }, (answer) => {
        answer.resume();
        answer.once("end", resolve);
      });
      sent.once("error", reject);
      sent.end(example.body);
    });
  const startMs = performance.now();
  await eachOf(count, SOCKETS, send);
  const rate = count / ((performance.now() - startMs) / 1_000);
  agent.destroy();
  return rate;
}
