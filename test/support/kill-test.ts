/**
 * `npm run kill-test -- --host node|bun|deno|workers --kills 10 --jobs 200 --seed 1`: kills a host again
 * and again under load, and prints one JSON line. `--load workflows --runs 200` does it with workflows instead of
 * jobs. Exits with 1 when a promise was broken.
 */
import { parseArgs } from "node:util";
import { HOST_COMMANDS, type HostName } from "./host-process.ts";
import { runKillTest } from "./kill-run.ts";
import { runWorkflowKill } from "./workflow-kill/run-workflow-kill.ts";

const VIOLATIONS_SHOWN = 20;

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "node" },
    load: { type: "string", default: "jobs" },
    kills: { type: "string", default: "10" },
    jobs: { type: "string", default: "200" },
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const load = loadOf(values.load);
const common = {
  host: hostOf(values.host),
  kills: Number(values.kills),
  seed: Number(values.seed),
};
// The host is in a process group of its own, and ends with this process only when that exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const report =
  load === "jobs"
    ? await runKillTest({ ...common, jobs: Number(values.jobs) })
    : await runWorkflowKill({ ...common, runs: Number(values.runs) });
const { options, seconds, restartMsMax, counts, violations } = report;
const line = {
  test: "kill",
  load,
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

function loadOf(name: string): "jobs" | "workflows" {
  if (name === "jobs" || name === "workflows") return name;
  throw new Error(`--load is "${name}"; it must be jobs or workflows`);
}
