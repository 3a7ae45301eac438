import { isJsonList, isJsonObject, type Json } from "../../../../src/core/json.ts";
import type { RestorableObject } from "../../history/restorable-object.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";

/** What is said of a node by whoever lists it: what the API takes. An interface would not count as JSON. */
// oxlint-disable-next-line typescript/consistent-type-definitions
export type ListedNode = {
  readonly address: string;
  readonly weight: number;
  readonly tags: readonly string[];
  readonly concurrency: number | null;
};

/** An executor to its history. */
export function restorableExecutor(appKey: string): RestorableObject {
  const path = executorPath(appKey);
  return {
    kind: "executor",
    name: appKey,
    path,
    isWhole: ({ registration = null, nodes = null }) =>
      typeof registration === "string" && isJsonList(nodes),
    definition: executorDefinition,
    request: (body, ifMatch) => ({ method: "PATCH", path, body, ifMatch }),
  };
}

/** The address of an executor in the API. */
export function executorPath(appKey: string): string {
  return `/executors/${encodeURIComponent(appKey)}`;
}

/**
 * What PATCH takes of an executor. Its nodes belong to it where they are listed by hand; those that register themselves
 * come and go on their own.
 */
export function executorDefinition(executor: JsonObject): JsonObject {
  const { name = null, concurrency = null, nodeConcurrency = null } = executor;
  const head = { name, concurrency, nodeConcurrency };
  return executor["registration"] === "manual" ? { ...head, nodes: listedNodes(executor) } : head;
}

/** The nodes of an executor as they can be listed, by their addresses, as their order means nothing. */
export function listedNodes({ nodes = null }: JsonObject): readonly ListedNode[] {
  if (!isJsonList(nodes)) return [];
  return nodes
    .filter(isJsonObject)
    .map(listedNode)
    .toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

function listedNode(node: { readonly [key: string]: Json }): ListedNode {
  const { address = "", weight = 1, tags = [], concurrency = null } = node;
  return {
    address: typeof address === "string" ? address : "",
    weight: typeof weight === "number" ? weight : 1,
    tags: isJsonList(tags) ? tags.filter((tag) => typeof tag === "string") : [],
    concurrency: typeof concurrency === "number" ? concurrency : null,
  };
}
