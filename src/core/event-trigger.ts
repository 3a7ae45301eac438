import { isJsonObject, type Json } from "./json.ts";
import { expressionOf } from "./plan-step.ts";
import { TRIGGER_NAMES } from "./step-scope.ts";
import { readTemplate } from "./template.ts";
import type { EventTrigger } from "./workflow.ts";

/** An event that may start a run of a workflow. */
export interface CompiledTrigger {
  /** The name of the event. */
  readonly event: string;
  /**
   * Whether an event of the name starts a run, and with what params. Never throws: an error says why that
   * cannot be told.
   */
  startOf(event: InboundEvent): EventStart;
}

/** An event as `when` and `params` of a trigger speak of it. */
export interface InboundEvent {
  readonly name: string;
  readonly data: Json;
  readonly id: string;
}

export type EventStart =
  | { readonly kind: "start"; readonly params: { readonly [key: string]: Json } }
  | { readonly kind: "no" }
  | { readonly kind: "error"; readonly message: string };

/** Makes a trigger of a definition that was accepted computable. */
export function compileTrigger({ event, when, params }: EventTrigger): CompiledTrigger {
  const condition = when === null ? null : expressionOf(when, TRIGGER_NAMES);
  const template = params === null ? null : readTemplate(params, TRIGGER_NAMES);
  return {
    event,
    startOf({ name, data, id }) {
      const values = { event: { name, data, id } };
      const holds = condition?.evaluate(values) ?? { kind: "value", value: true };
      if (holds.kind === "error") return holds;
      if (holds.value === false) return { kind: "no" };
      if (holds.value !== true) return failed("Its condition does not give true or false.");
      if (template === null) return { kind: "start", params: { event: data } };
      const given = template.evaluate(values);
      if (given.kind === "error") return given;
      return isJsonObject(given.value)
        ? { kind: "start", params: given.value }
        : failed("Its params are no object.");
    },
  };
}

function failed(message: string): EventStart {
  return { kind: "error", message };
}
