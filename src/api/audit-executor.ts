import { isJsonList, isJsonObject, type Json } from "../core/json.ts";

/** What somebody says of a node when listing it: what PATCH takes. */
const NODE_FIELDS = ["address", "weight", "tags", "concurrency"] as const;

/**
 * An executor as people define it, for the audit log: its nodes are those that somebody listed, as they were listed.
 * Signs of life, loads and the uses of its secrets change by themselves, between the two looks of one entry too, and
 * are nobody's doing.
 */
export function definedExecutor(executor: Json): Json {
  if (!isJsonObject(executor)) return executor;
  const { nodes = null, secrets: _, ...rest } = executor;
  return isJsonList(nodes) ? { ...rest, nodes: nodes.flatMap(listedNode) } : rest;
}

function listedNode(node: Json): readonly Json[] {
  if (!isJsonObject(node) || node["source"] !== "listed") return [];
  return [Object.fromEntries(NODE_FIELDS.map((field) => [field, node[field] ?? null]))];
}
