/**
 * Goal: rows written for each fired tick on Durable Object storage, which is what the platform bills.
 * Method: jobs that fire every second in local workerd; the shards count the rows of every statement and
 * every alarm they set, and the ticks they fired; `/metrics` tells both.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { eachOf, startHost, startSink } from "./processes.ts";

export async function rows(options: {
  readonly jobs: number;
  readonly seconds: number;
}): Promise<object> {
  const { jobs, seconds } = options;
  const sink = await startSink();
  const tickwheel = await startHost("workers", { env: { SHARDS: "1" } });
  try {
    await eachOf(jobs, 16, (i) =>
      tickwheel.call("POST", "/api/v1/jobs", {
        name: `rows-${i}`,
        schedule: { kind: "every", every: "1s" },
        target: { kind: "webhook", url: `${sink.url}/hook` },
      }),
    );
    await sleep(2_000);
    const before = await read(tickwheel);
    await sleep(seconds * 1_000);
    const after = await read(tickwheel);
    const ticks = after.ticks - before.ticks;
    return {
      bench: "rows",
      jobs,
      ticks,
      rowsPerTick: Number(((after.rows - before.rows) / ticks).toFixed(2)),
    };
  } finally {
    await tickwheel.stop();
    await sink.stop();
  }
}

async function read(
  tickwheel: Awaited<ReturnType<typeof startHost>>,
): Promise<{ readonly rows: number; readonly ticks: number }> {
  const text = String(await tickwheel.call("GET", "/metrics"));
  const sum = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
  return {
    rows: sum(/^tickwheel_shard_rows_written_total\{[^}]*\} (\d+)/gm),
    ticks: sum(/^tickwheel_ticks_total\{[^}]*disposition="fired"[^}]*\} (\d+)/gm),
  };
}
