/**
 * Goal: how fast a herd of one-shots that are all due at one instant is dispatched, signed and recorded.
 * Method: dispatches per second from the due instant to the last arrival, beside the rate of a bare
 * `node:http` client with 64 sockets that sends the same bytes to the same sink, before and after.
 */
import { Agent, request } from "node:http";
import { eachOf, startHost, startSink, until, type SinkExample } from "./processes.ts";

const SOCKETS = 64;
/** Job creations a second that the lead before the due instant allows for. */
const CREATIONS_PER_SECOND = 700;

export async function burst(
  host: "node" | "workers",
  options: { readonly jobs: number },
): Promise<object> {
  const { jobs } = options;
  const sink = await startSink();
  const tickwheel = await startHost(host);
  try {
    const dueMs = Date.now() + 3_000 + (jobs / CREATIONS_PER_SECOND) * 1_000;
    await eachOf(jobs, 32, (i) =>
      tickwheel.call("POST", "/api/v1/jobs", {
        name: `burst-${i}`,
        schedule: { kind: "at", at: new Date(dueMs).toISOString() },
        target: { kind: "webhook", url: `${sink.url}/hook` },
        params: { i },
      }),
    );
    await until(
      () => Promise.resolve(Date.now()),
      (nowMs) => nowMs > dueMs,
      120_000,
    );
    const stats = await until(
      () => sink.stats(),
      ({ unique }) => unique >= jobs,
      120_000,
    );
    const ours = jobs / ((stats.lastMs - dueMs) / 1_000);
    const bare = await bareRate(sink.url, await sink.example(), Math.max(jobs, 2_000));
    return {
      bench: "burst",
      host,
      jobs,
      perSecond: Math.round(ours),
      barePerSecond: Math.round(bare),
      ofBare: Number((ours / bare).toFixed(2)),
      doubled: stats.doubled,
      latenessMs: stats.latenessMs,
    };
  } finally {
    await tickwheel.stop();
    await sink.stop();
  }
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
