import type { Json } from "../core/json.ts";
import type { DeliveredStep } from "../ports/dispatcher.ts";

/** What a delivery tells of the workflow run whose step it does; what does not apply is left out. */
export function stepOnWire(workflow: DeliveredStep): { readonly [field: string]: Json } {
  const { run, step, revision, part, isCompensation, context } = workflow;
  return {
    run,
    step,
    revision,
    ...(part === null ? {} : { part }),
    ...(isCompensation ? { compensation: true } : {}),
    context,
  };
}

/** The same for receivers that have no body to look into. */
export function stepHeaders(workflow: DeliveredStep): Readonly<Record<string, string>> {
  return {
    "tickwheel-workflow-run": workflow.run,
    "tickwheel-step": workflow.step.toWellFormed().replace(NOT_FOR_HEADERS, encodeURIComponent),
  };
}

/** Beyond printable ASCII runtimes disagree, and spaces at the ends are lost. */
const NOT_FOR_HEADERS = /%|[^\x20-\x7e]|^ | $/gu;
