/**
 * `npm run kill-test -- --host node|bun|deno|workers --kills 10 --jobs 200 --seed 1`: kills a host again
 * and again under load, and prints one JSON line. Exits with 1 when a promise was broken.
 */
import { parseArgs } from "node:util";
import { HOST_COMMANDS, type HostName } from "./host-process.ts";
import { runKillTest } from "./kill-run.ts";

const VIOLATIONS_SHOWN = 20;

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "node" },
    kills: { type: "string", default: "10" },
    jobs: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const { kills, jobs, seed } = values;
const host = hostOf(values.host);
// The host is in a process group of its own, and ends with this process only when that exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const report = await runKillTest({
  host,
  kills: Number(kills),
  jobs: Number(jobs),
  seed: Number(seed),
});
const { options, seconds, restartMsMax, counts, violations } = report;
const line = {
  test: "kill",
  ...options,
  seconds,
  restartMsMax,
  ...counts,
  violations: violations.length,
  first: violations.slice(0, VIOLATIONS_SHOWN),
};
process.stdout.write(`${JSON.stringify(line)}\n`);
process.exit(violations.length === 0 ? 0 : 1);

function hostOf(name: string): HostName {
  const found = (["node", "bun", "deno", "workers"] as const).find((known) => known === name);
  if (found !== undefined) return found;
  throw new Error(
    `--host is "${name}"; it must be one of ${Object.keys(HOST_COMMANDS).join(", ")}`,
  );
}
