import { isJsonList, isJsonObject, type Json } from "../../../../src/core/json.ts";

type Definition = { readonly [key: string]: Json };

const ORDER = "steps (order)";

/**
 * A definition with its steps by their names instead of in a list, so that two versions are compared step by step;
 * their order is one more field. A definition whose steps have no names of their own stays as it is.
 */
export function stepsByName(definition: Definition): Definition {
  const { steps = null } = definition;
  if (!isJsonList(steps)) return definition;
  const named = steps.flatMap((step): [string, Json][] => {
    const name = isJsonObject(step) ? (step["name"] ?? null) : null;
    return typeof name === "string" ? [[name, step]] : [];
  });
  const byName = new Map(named);
  if (byName.size !== steps.length) return definition;
  return { ...definition, steps: Object.fromEntries(byName), [ORDER]: [...byName.keys()] };
}

/** The other way. Steps that the order does not name come last. */
export function stepsInOrder(definition: Definition): Definition {
  const { steps = null, [ORDER]: order = null, ...rest } = definition;
  if (!isJsonObject(steps)) return definition;
  const names = order !== null && isJsonList(order) ? order : [];
  const known = names.filter((name) => typeof name === "string");
  const all = new Set([...known, ...Object.keys(steps)]);
  return { ...rest, steps: [...all].flatMap((name) => steps[name] ?? []) };
}
