import type { Json } from "../../../src/core/json.ts";
import type { FullRun, GraphStep, KillEvidence } from "./kill-evidence.ts";
import type { StepAnswer } from "./step-sink.ts";

/**
 * What the sink answered well to the last attempt that it was sent for a part in the step's newest revision:
 * that is what must have counted. Sendings of one attempt are answered alike.
 */
export function countedAnswer(
  evidence: KillEvidence,
  run: FullRun,
  { name, revision, part }: Pick<GraphStep, "name" | "revision"> & { readonly part: number },
): StepAnswer | null {
  const work = evidence
    .workOf(run.id, name)
    .filter((arrival) => arrival.part === part && arrival.revision === revision);
  const last = Math.max(0, ...work.map(({ attempt }) => attempt));
  const well = work.find(({ attempt, answer }) => attempt === last && answer?.kind === "ok");
  return well?.answer ?? null;
}

/** What a run shows as the output of a step. */
export function shownOutput(run: FullRun, name: string): Json {
  return run.graph.steps.find((step) => step.name === name)?.output ?? null;
}
