/**
 * `npm run drama -- --host node|workers`: executors that are killed, drained, cut off and changed under
 * load. Prints what happened and a judgement; exits with 1 when a promise was broken.
 */
import { parseArgs } from "node:util";
import type { HostName } from "../host-process.ts";
import { playDrama } from "./drama.ts";

const VIOLATIONS_SHOWN = 20;

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "node" },
    short: { type: "boolean", default: false },
  },
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const report = await playDrama({ host: hostOf(values.host), isWhole: !values.short });
const { options, seconds, counts, violations, story } = report;
const line = {
  test: "drama",
  ...options,
  seconds,
  ...counts,
  violations: violations.length,
  kinds: Object.fromEntries(
    [...Map.groupBy(violations, (text) => text.split(":")[0] ?? "")].map(([what, all]) => [
      what,
      all.length,
    ]),
  ),
  first: violations.slice(0, VIOLATIONS_SHOWN),
};
process.stdout.write(`${story.join("\n")}\n${JSON.stringify(line)}\n`);
process.exit(violations.length === 0 ? 0 : 1);

function hostOf(name: string): HostName {
  const found = (["node", "bun", "deno", "workers"] as const).find((known) => known === name);
  if (found !== undefined) return found;
  throw new Error(`--host is "${name}"; it must be one of node, bun, deno, workers`);
}
