/**
 * Compares the workflow machine with its model over many random cases:
 * `node test/support/workflow-model.main.ts --cases 100000 --seed 1`. Prints how often each control met each state;
 * a case in which they part is shrunk, printed, and makes the exit code 1.
 */
import { parseArgs } from "node:util";
import fc from "fast-check";
import { aWorkflowCase } from "./workflow-cases.ts";
import { playWorkflow, type Coverage } from "./workflow-play.ts";

const { values } = parseArgs({
  options: { cases: { type: "string", default: "20000" }, seed: { type: "string", default: "1" } },
});
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const coverage: Coverage = new Map();
const details = fc.check(
  fc.property(aWorkflowCase(), (drawn) => playWorkflow(drawn, coverage)),
  { numRuns: Number(values.cases), seed: Number(values.seed) },
);
for (const [words, times] of [...coverage].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  print(`${String(times).padStart(9)}  ${words}`);
print(`${details.numRuns} cases with seed ${details.seed}`);
if (details.failed) {
  const { errorInstance } = details;
  print(errorInstance instanceof Error ? errorInstance.message : String(errorInstance));
  process.exitCode = 1;
}
