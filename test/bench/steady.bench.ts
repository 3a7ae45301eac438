/**
 * Goal: how late ticks arrive under a steady load, and that none is lost or doubled.
 * Method: as many jobs as ticks a second are wanted, each firing every second at its own moment of it;
 * the sink measures arrival minus nominal time, and the ledger says how many ticks there were.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { eachOf, startHost, startSink, until } from "./processes.ts";

const WARM_UP_MS = 2_000;

export async function steady(
  host: "node" | "workers",
  options: { readonly ticksPerSecond: number; readonly seconds: number },
): Promise<object> {
  const { ticksPerSecond, seconds } = options;
  const sink = await startSink();
  const tickwheel = await startHost(host);
  try {
    const baseMs = Date.now();
    await eachOf(ticksPerSecond, 32, (i) =>
      tickwheel.call("POST", "/api/v1/jobs", {
        name: `steady-${i}`,
        schedule: {
          kind: "every",
          every: "1s",
          anchor: new Date(baseMs + Math.floor((i * 1_000) / ticksPerSecond)).toISOString(),
        },
        target: { kind: "webhook", url: `${sink.url}/hook` },
      }),
    );
    await sleep(WARM_UP_MS);
    await sink.reset();
    await sleep(seconds * 1_000);
    const stats = await sink.stats();
    const lost = await lostTicks(tickwheel, ticksPerSecond);
    return {
      bench: "steady",
      host,
      ticksPerSecond,
      seconds,
      received: stats.received,
      doubled: stats.doubled,
      lost,
      latenessMs: stats.latenessMs,
    };
  } finally {
    await tickwheel.stop();
    await sink.stop();
  }
}

interface LedgerPage {
  readonly items: readonly { readonly nominalAt: string }[];
}

/** Ticks that neither ran nor have an entry in the ledger, over a sample of jobs. */
async function lostTicks(
  tickwheel: Awaited<ReturnType<typeof startHost>>,
  jobs: number,
): Promise<number> {
  let lost = 0;
  for (let i = 0; i < jobs; i += Math.max(1, Math.floor(jobs / 20))) {
    const path = `/api/v1/jobs/steady-${i}/ticks?limit=200`;
    const { items } = await until(
      async (): Promise<LedgerPage> => Object(await tickwheel.call("GET", path)),
      (page) => page.items.length > 0,
      10_000,
    );
    const times = items.map(({ nominalAt }) => Date.parse(nominalAt)).toSorted((a, b) => a - b);
    const expected = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000 + 1;
    lost += expected - times.length;
  }
  return lost;
}
