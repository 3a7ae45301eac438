/** The one namespace of a simulated world. */
export const NAMESPACE = "default";
/** Why a person cancels a run. */
export const BY_HAND = "By hand.";
