/**
 * Goal: how long a run of many items takes to be split over many nodes and delivered to all of them.
 * Method: milliseconds from the request for the run to the arrival of its last shard, and to its end, the
 * median of the rounds. All nodes are paths of one sink, so that the far end costs the same for each.
 */
import { startHost, startSink, until } from "./processes.ts";

export interface ShardedOptions {
  readonly items: number;
  readonly nodes: number;
  readonly rounds: number;
}

interface Round {
  readonly dispatchedMs: number;
  readonly endedMs: number;
}

export async function sharded({ items, nodes, rounds }: ShardedOptions): Promise<object> {
  const sink = await startSink();
  const tickwheel = await startHost("node");
  try {
    await tickwheel.call("POST", "/api/v1/executors", {
      appKey: "crowd",
      name: "A crowd",
      registration: "manual",
      nodes: Array.from({ length: nodes }, (_, i) => ({ address: `${sink.url}/node-${i}` })),
    });
    await tickwheel.call("POST", "/api/v1/jobs", {
      name: "sharded",
      schedule: { kind: "manual" },
      target: { kind: "executor", executor: "crowd", handler: "share" },
      sharding: { mode: "items", items: Array.from({ length: items }, (_, i) => i) },
    });
    const played: Round[] = [];
    for (let i = 0; i < rounds; i++) {
      await sink.reset();
      const startMs = performance.timeOrigin + performance.now();
      const run = Object(await tickwheel.call("POST", "/api/v1/jobs/sharded/runs?wait=60s"));
      const endedMs = performance.timeOrigin + performance.now() - startMs;
      if (run.state !== "succeeded") throw new Error(`the run is ${run.state}`);
      await until(
        () => sink.count(),
        (count) => count === nodes,
        1_000,
      );
      const { lastMs } = await sink.stats();
      played.push({ dispatchedMs: Math.round(lastMs - startMs), endedMs: Math.round(endedMs) });
    }
    const median = played.toSorted((one, other) => one.dispatchedMs - other.dispatchedMs)[
      Math.floor((rounds - 1) / 2)
    ];
    return { bench: "sharded", items, nodes, ...median, rounds: played.map((r) => r.dispatchedMs) };
  } finally {
    await tickwheel.stop();
    await sink.stop();
  }
}
