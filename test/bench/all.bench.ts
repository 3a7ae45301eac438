/**
 * All benchmarks, one JSON line each. `--once` is the short form for continuous integration: it proves that
 * they run. `--only NAME` runs one. Speed is read as ratios against the baseline of the same run.
 */
import { parseArgs } from "node:util";
import { burst } from "./burst.bench.ts";
import { calculation } from "./calculation.bench.ts";
import { inventory } from "./inventory.bench.ts";
import { rows } from "./rows.bench.ts";
import { steady } from "./steady.bench.ts";

const { values } = parseArgs({ options: { once: { type: "boolean" }, only: { type: "string" } } });
const isShort = values.once === true;

const BENCHES: Readonly<Record<string, () => Promise<object> | object>> = {
  calculation: () => calculation({ operations: isShort ? 2_000 : 200_000 }),
  burst: () =>
    burst(
      "node",
      isShort
        ? { oneShots: 500, madePerSecond: 500, rounds: 1 }
        : { oneShots: 10_000, madePerSecond: 1_500, rounds: 5 },
    ),
  "burst-workers": () =>
    burst(
      "workers",
      isShort
        ? { oneShots: 100, madePerSecond: 100, rounds: 1 }
        : { oneShots: 5_000, madePerSecond: 300, rounds: 3 },
    ),
  steady: () =>
    steady(
      "node",
      isShort ? { ticksPerSecond: 50, seconds: 3 } : { ticksPerSecond: 500, seconds: 30 },
    ),
  rows: () => rows(isShort ? { jobs: 5, seconds: 3 } : { jobs: 20, seconds: 20 }),
  inventory: () => inventory({ jobs: isShort ? 500 : 1_000_000 }),
};

for (const [name, bench] of Object.entries(BENCHES)) {
  if (values.only !== undefined && values.only !== name) continue;
  process.stdout.write(`${JSON.stringify(await bench())}\n`);
}
