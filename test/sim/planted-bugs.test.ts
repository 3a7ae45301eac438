/**
 * Goal: the simulator is worth its time: it notices when the code is wrong.
 * Method: plant one bug at a time into the code under test, and let the first seeds find it.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import { WORKFLOW_BUGS } from "./planted-workflow-bugs.ts";

const SEEDS = 600;
const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

interface Verdict {
  readonly seed?: number;
  readonly law?: string;
}

/** Every other one of the list: `PLANTED=all` plants all of them, which takes some minutes. */
const planted = PLANTED_BUGS.filter(
  (_, place) => process.env["PLANTED"] === "all" || place % 2 === 0,
);

test.concurrent.each(planted)("$name: a law breaks", { timeout: 120_000 }, async (bug) => {
  const { seed, law = "none" } = await verdictOf(bug.name);

  expect(bug.laws, `seed ${seed}: ${law}`).toContain(bug.laws.find((id) => law.startsWith(id)));
});

/** Reads what `run.ts --json` prints. */
function verdictIn(stdout: string): Verdict {
  const printed: unknown = JSON.parse(stdout);
  const isVerdict = typeof printed === "object" && printed !== null;
  return isVerdict ? printed : {};
}

/** Most worlds have no workflows; for a mistake about them, all have. */
function worldsFor(name: string): { readonly SIM_WORKFLOWS?: string } {
  return WORKFLOW_BUGS.some((bug) => bug.name === name) ? { SIM_WORKFLOWS: "1" } : {};
}

function verdictOf(name: string): Promise<Verdict> {
  const args = ["--import", path("plant.main.ts"), path("run.ts"), "--json", "--seeds", `${SEEDS}`];
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PLANTED_BUG: name, ...worldsFor(name) };
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      if (stdout === "") reject(error ?? new Error(stderr));
      else resolve(verdictIn(stdout));
    });
  });
}
