import type { ExpressionBounds } from "./expression.ts";

/** What expressions of workflows may be. */
export const STEP_BOUNDS: ExpressionBounds = { charsMax: 1_024, depthMax: 32, loopsMax: 4 };

/** What conditions and `${…}` of a step may speak of; so may what a workflow gives at its end. */
export const STEP_NAMES = ["params", "context", "steps", "run"] as const;
/** The same for each item of a map. */
export const ITEM_NAMES = [...STEP_NAMES, "item", "index"] as const;
/** The same for the `match` of a step that waits for an event. */
export const MATCH_NAMES = [...STEP_NAMES, "event"] as const;
/** What starts a run because of an event speaks of that alone. */
export const TRIGGER_NAMES = ["event"] as const;
