import { createNodeHttpEgress } from "../../src/adapters/egress-node-http.ts";
import type { EgressCase } from "./egress-case.ts";
import { EGRESS_CASES } from "./egress.cases.ts";

/**
 * Runs the contract of the way out on the runtime that runs this file, without a test framework.
 * Prints one JSON object: how many claims were tried, and which were broken.
 */
async function main(): Promise<void> {
  const faults: string[] = [];
  for (const claim of EGRESS_CASES) {
    // oxlint-disable-next-line no-await-in-loop -- One at a time: some change the environment.
    const fault = await faultOf(claim);
    if (fault !== null) faults.push(fault);
  }
  process.stdout.write(`${JSON.stringify({ tried: EGRESS_CASES.length, faults })}\n`);
}

async function faultOf(claim: EgressCase): Promise<string | null> {
  try {
    await claim.run(createNodeHttpEgress);
    return null;
  } catch (error) {
    return `${claim.name}: ${String(error)}`;
  }
}

await main();
