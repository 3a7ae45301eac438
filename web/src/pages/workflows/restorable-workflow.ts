import { isJsonList } from "../../../../src/core/json.ts";
import type { RestorableObject } from "../../history/restorable-object.ts";
import { definitionIn } from "./definition-text.ts";
import { stepsByName, stepsInOrder } from "./steps-by-name.ts";
import { addressOf } from "./workflow-actions.ts";

/** A workflow to its history, which compares it step by step. */
export function restorableWorkflow(name: string): RestorableObject {
  const path = addressOf(name);
  return {
    kind: "workflow",
    name,
    path,
    isWhole: ({ steps = null }) => isJsonList(steps),
    definition: (object) => stepsByName(definitionIn(object)),
    request: (body, ifMatch) => ({ method: "PUT", path, body: stepsInOrder(body), ifMatch }),
  };
}
