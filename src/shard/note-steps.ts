import type { WorkflowEffects } from "../core/workflow-effect.ts";
import type { WorkflowMachine } from "../core/workflow-machine.ts";
import type { ShardState } from "./shard-state.ts";

/**
 * Notes every step that an input has changed, for those who watch: also those that have begun and have no
 * row, and of one with tasks or items how many of them have ended.
 */
export function noteSteps(
  { liveNotes }: ShardState,
  machine: WorkflowMachine,
  effects: WorkflowEffects,
): void {
  const { namespace } = machine.run;
  if (!liveNotes.isWatched(namespace)) return;
  for (const step of new Set([...effects.rows, ...effects.starts].map((part) => part.step))) {
    const { total, ended } = machine.partsOf(step);
    const row = machine.rowOf(step);
    liveNotes.step(namespace, { row, isOutputLong: false, parts: total, partsEnded: ended });
  }
}
