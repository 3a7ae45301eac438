/** The one namespace of a simulated world. */
export const NAMESPACE = "default";
/** Why a person cancels a run. */
export const BY_HAND = "By hand.";
/** The events of a world, by name: some start workflows, and steps wait for any of them. */
export const EVENTS = ["order", "paid"] as const;

export function workflowName(index: number): string {
  return `flow-${index}`;
}
