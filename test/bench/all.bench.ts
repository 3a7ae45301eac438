/**
 * All benchmarks, one JSON line each. `--once` is the short form for continuous integration: it proves that
 * they run. `--only NAME` runs one. Speed is read as ratios against the baseline of the same run.
 */
import { parseArgs } from "node:util";
import { beats } from "./beats.bench.ts";
import { burst } from "./burst.bench.ts";
import { calculation } from "./calculation.bench.ts";
import { inventory } from "./inventory.bench.ts";
import { lists } from "./lists.bench.ts";
import { routing } from "./routing.bench.ts";
import { rows } from "./rows.bench.ts";
import { sharded } from "./sharded.bench.ts";
import { steady } from "./steady.bench.ts";
import { workflows } from "./workflows.bench.ts";

const { values } = parseArgs({ options: { once: { type: "boolean" }, only: { type: "string" } } });
const isShort = values.once === true;

const BENCHES: Readonly<Record<string, () => Promise<object> | object>> = {
  beats: () => beats({ executors: 50, nodes: 20, seconds: isShort ? 6 : 300 }),
  calculation: () => calculation({ operations: isShort ? 2_000 : 200_000 }),
  routing: () => routing({ choices: isShort ? 200 : 50_000 }),
  burst: () =>
    burst(
      "node",
      isShort
        ? { oneShots: 500, madePerSecond: 500, rounds: 1, warmUpRounds: 0 }
        : { oneShots: 10_000, madePerSecond: 1_000, rounds: 15, warmUpRounds: 3 },
    ),
  "burst-workers": () =>
    burst(
      "workers",
      isShort
        ? { oneShots: 100, madePerSecond: 100, rounds: 1, warmUpRounds: 0 }
        : { oneShots: 5_000, madePerSecond: 150, rounds: 3, warmUpRounds: 1 },
    ),
  // Eight couriers have 48 slots: with answers of 20 ms, 2,400 a second are the most that they can carry.
  couriers: () =>
    burst("workers", {
      ...(isShort
        ? { oneShots: 100, madePerSecond: 100, rounds: 1, warmUpRounds: 0 }
        : { oneShots: 4_000, madePerSecond: 150, rounds: 3, warmUpRounds: 1 }),
      answerMs: 20,
      env: { SHARDS: "1", COURIERS: "8", HOST_CONCURRENCY: "48" },
    }),
  sharded: () =>
    sharded(
      isShort ? { items: 100, nodes: 5, rounds: 1 } : { items: 10_000, nodes: 100, rounds: 5 },
    ),
  steady: () =>
    steady(
      "node",
      isShort ? { ticksPerSecond: 50, seconds: 3 } : { ticksPerSecond: 500, seconds: 30 },
    ),
  workflows: () =>
    workflows(
      isShort
        ? { runs: 5, chain: 10, wideSteps: 100, width: 10, rounds: 1 }
        : { runs: 50, chain: 100, wideSteps: 10_000, width: 10, rounds: 5 },
    ),
  rows: () => rows(isShort ? { jobs: 5, seconds: 3 } : { jobs: 20, seconds: 20 }),
  inventory: () => inventory({ jobs: isShort ? 500 : 1_000_000 }),
  lists: () =>
    lists(
      isShort
        ? { jobs: 500, runs: 20_000, rounds: 5 }
        : { jobs: 10_000, runs: 1_000_000, rounds: 40 },
    ),
};

for (const [name, bench] of Object.entries(BENCHES)) {
  if (values.only !== undefined && values.only !== name) continue;
  process.stdout.write(`${JSON.stringify(await bench())}\n`);
}
