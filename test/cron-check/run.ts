/**
 * Compares the cron engine with a brute force that shares nothing with it:
 * `npm run cron-check -- --cases 200000 --seed 1`. First every change of the clocks from 1971 to 2037
 * in every zone, then cases drawn at random. Exits with 1 and a small reproduction on a difference.
 */
import { parseArgs } from "node:util";
import { caseText } from "./cron-case.ts";
import { cronCheck } from "./cron-check.ts";
import { shrink } from "./shrink.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "200000" },
    seed: { type: "string", default: "1" },
  },
});
const startedMs = performance.now();
const result = cronCheck({
  seed: Number(values.seed),
  cases: Number(values.cases),
  changesPerZone: Number.POSITIVE_INFINITY,
  pastPerZone: Number.POSITIVE_INFINITY,
});
const seconds = (performance.now() - startedMs) / 1_000;

for (const [rule, times] of [...result.rules].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  say(`${String(times).padStart(8)}  ${rule}`);
const [first] = result.differences;
if (first !== undefined) {
  const { drawn, text } = shrink(first);
  say(`${caseText(first.drawn)}\n  ${first.text}`);
  say(`The smallest case near it: ${caseText(drawn)}\n  ${text}`);
  process.exitCode = 1;
}
say(
  [
    `${result.cases} cases`,
    `${result.zones.size} zones`,
    `${result.changes} transitions`,
    `${result.ticks} ticks`,
    `${result.differences.length} differences`,
    `${Math.round(result.cases / seconds)} cases per second`,
  ].join(", "),
);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
