/**
 * Goal: what a great number of waiting jobs costs: to make, to hold, and to start with.
 * Method: jobs that are due far in the future are made over HTTP; memory is read from the kernel; then
 * the process is stopped and started anew on the same folder, where one job beats every second.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eachOf, startHost, startSink, until } from "./processes.ts";

const FAR_MS = 30 * 86_400_000;

export async function inventory(options: { readonly jobs: number }): Promise<object> {
  const { jobs } = options;
  const sink = await startSink();
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-bench-"));
  const first = await startHost("node", { folder });
  try {
    const beganMs = performance.now();
    await eachOf(jobs, 64, (i) =>
      first.call("POST", "/api/v1/jobs", {
        name: `waiting-${i}`,
        schedule: { kind: "at", at: new Date(Date.now() + FAR_MS + i).toISOString() },
        target: { kind: "webhook", url: `${sink.url}/hook` },
      }),
    );
    const creationsPerSecond = jobs / ((performance.now() - beganMs) / 1_000);
    await first.call("POST", "/api/v1/jobs", {
      name: "beats",
      schedule: { kind: "every", every: "1s" },
      target: { kind: "webhook", url: `${sink.url}/hook` },
    });
    await until(
      () => sink.stats(),
      ({ received }) => received > 0,
      60_000,
    );
    const residentMib = first.residentMib();
    await first.stop();
    await sink.reset();
    const restartedMs = Date.now();
    const second = await startHost("node", { folder });
    const { firstMs } = await until(
      () => sink.stats(),
      ({ received }) => received > 0,
      60_000,
    );
    const result = {
      bench: "inventory",
      jobs,
      creationsPerSecond: Math.round(creationsPerSecond),
      residentMib: Math.round(residentMib),
      residentAfterStartMib: Math.round(second.residentMib()),
      startToReadyMs: Math.round(second.startMs),
      startToFirstTickMs: Math.round(firstMs - restartedMs),
    };
    await second.stop();
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await sink.stop();
  }
}
