/**
 * `npm run etl -- --host node|workers`: the example workflow, run side by side by real executor processes, while
 * the host is killed with -9 three times. Prints what happened and a judgement over what the processes wrote down;
 * exits with 1 when a promise was broken.
 */
import { parseArgs } from "node:util";
import type { HostName } from "../host-process.ts";
import { playEtl } from "./etl-story.ts";

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "node" },
    runs: { type: "string", default: "10" },
  },
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const report = await playEtl({ host: hostOf(values.host), runs: Number(values.runs) });
const { options, seconds, counts, violations, story } = report;
const line = { test: "etl", ...options, seconds, ...counts, violations: violations.length };
const shown = violations.slice(0, 20).map((text) => `violation: ${text}`);
process.stdout.write(`${[...story, ...shown, JSON.stringify(line)].join("\n")}\n`);
process.exit(violations.length === 0 ? 0 : 1);

function hostOf(name: string): HostName {
  const found = (["node", "bun", "deno", "workers"] as const).find((known) => known === name);
  if (found !== undefined) return found;
  throw new Error(`--host is "${name}"; it must be one of node, bun, deno, workers`);
}
