import { createRoute, z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { NodeEvent } from "../ports/executors.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import {
  nodeEventJson,
  nodeEventOut,
  nodeJson,
  nodeOut,
  pingJson,
  pingOut,
} from "./executor-json.ts";
import { nodeName } from "./executor-nodes.ts";
import { ONE_EXECUTOR, viewOf } from "./executor-routes.ts";
import { appKeyParam, nodeParam, nodePatchBody } from "./executor-schema.ts";
import { callKeeper, reachKeeper } from "./keeper-call.ts";
import { afterOf, cursorOf, cutPage } from "./page-cursor.ts";
import { namespaceOf } from "./request-of.ts";
import { jsonAnswer, jsonBody, pageOf, pageQuery, problemAnswers, WIRE_LIMITS } from "./wire.ts";

const NODES = `${ONE_EXECUTOR}/nodes`;
const ONE_NODE = `${NODES}/{node}`;
const LIST = "nodes";
const HISTORY = "history";

const listNodes = createRoute({
  method: "get",
  path: NODES,
  summary: "The nodes of an executor, as they are now",
  request: { params: appKeyParam, query: z.strictObject(pageQuery) },
  responses: { 200: jsonAnswer("One page of nodes.", pageOf(nodeOut)), ...problemAnswers },
});

const patchNode = createRoute({
  method: "patch",
  path: ONE_NODE,
  summary: "Enable, disable or drain a node, or change its weight, tags or limit",
  description: "What is set here the node's own beats do not change any more.",
  request: { params: nodeParam, body: jsonBody(nodePatchBody) },
  responses: { 200: jsonAnswer("The node as it is now.", nodeOut), ...problemAnswers },
});

const deleteNode = createRoute({
  method: "delete",
  path: ONE_NODE,
  summary: "Forget a node that registered itself; its next beat registers it again",
  request: { params: nodeParam },
  responses: { 204: { description: "The node is gone." }, ...problemAnswers },
});

const pingNode = createRoute({
  method: "post",
  path: `${ONE_NODE}/ping`,
  summary: "Ask a node how it is",
  request: { params: nodeParam },
  responses: { 200: jsonAnswer("What it answered, if it did.", pingOut), ...problemAnswers },
});

const historyOut = { 200: jsonAnswer("Events, newest first.", pageOf(nodeEventOut)) };

const executorHistory = createRoute({
  method: "get",
  path: `${ONE_EXECUTOR}/history`,
  summary: "What happened to the nodes of an executor",
  request: { params: appKeyParam, query: z.strictObject(pageQuery) },
  responses: { ...historyOut, ...problemAnswers },
});

const nodeHistory = createRoute({
  method: "get",
  path: `${ONE_NODE}/history`,
  summary: "What happened to a node, also to one that is gone",
  request: { params: nodeParam, query: z.strictObject(pageQuery) },
  responses: { ...historyOut, ...problemAnswers },
});

/** The nodes of an executor as people see and steer them. */
export function addExecutorNodeRoutes(api: Api, deps: ApiDeps): void {
  addNodeHistory(api, deps);
  addNodeChanges(api, deps);

  api.openapi(listNodes, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const { appKey } = c.req.valid("param");
    const after = afterOf(LIST, cursor) ?? "";
    const { nodes } = await viewOf(deps.executors, namespaceOf(c), appKey);
    // By id, not by place: the page after a node is the same when that node is gone.
    const rest = nodes.filter(({ id }) => id > after).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const { items, nextCursor } = cutPage(rest, limit, (last) => cursorOf(LIST, last.id));
    return c.json({ items: items.map(nodeJson), nextCursor }, 200);
  });
}

function addNodeChanges(api: Api, deps: ApiDeps): void {
  const { executors } = deps;
  api.openapi(patchNode, async (c) => {
    const { appKey, node } = c.req.valid("param");
    const { state, weight, tags, concurrency } = c.req.valid("json");
    const input = {
      namespace: namespaceOf(c),
      node: nodeName(node),
      ...(state === undefined ? {} : { wish: state }),
      ...(weight === undefined ? {} : { weight }),
      ...(tags === undefined ? {} : { tags }),
      ...(concurrency === undefined ? {} : { concurrency }),
    };
    const order = { appKey, kind: "node.patch", input, idempotency: null } as const;
    const { value } = await callKeeper(executors, order);
    return c.json(nodeJson(value.node), 200);
  });

  api.openapi(deleteNode, async (c) => {
    const { appKey, node } = c.req.valid("param");
    const input = { namespace: namespaceOf(c), node: nodeName(node) };
    await callKeeper(executors, { appKey, kind: "node.delete", input, idempotency: null });
    return c.body(null, 204);
  });

  api.openapi(pingNode, async (c) => {
    const { appKey, node } = c.req.valid("param");
    const namespace = namespaceOf(c);
    const reply = await reachKeeper(() => executors.of(appKey).ping(namespace, nodeName(node)));
    if (!reply.ok) throw Refusal.from(reply.refusal);
    return c.json(pingJson(reply.value), 200);
  });
}

interface HistoryAsked {
  readonly namespace: string;
  readonly appKey: string;
  /** Null is every node. */
  readonly node: string | null;
  readonly page: { readonly limit?: number | undefined; readonly cursor?: string | undefined };
}

function addNodeHistory(api: Api, deps: ApiDeps): void {
  const historyPage = async ({ namespace, appKey, node, page }: HistoryAsked) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = page;
    const input = { namespace, node, beforeSeq: seqOf(cursor), limit: limit + 1 };
    const order = { appKey, kind: "node.history", input, idempotency: null } as const;
    const { value } = await callKeeper(deps.executors, order);
    const { items, nextCursor } = cutPage(value.events, limit, afterEvent);
    return { items: items.map(nodeEventJson), nextCursor };
  };

  api.openapi(executorHistory, async (c) => {
    const { appKey } = c.req.valid("param");
    const asked = { namespace: namespaceOf(c), appKey, node: null, page: c.req.valid("query") };
    return c.json(await historyPage(asked), 200);
  });

  api.openapi(nodeHistory, async (c) => {
    const { appKey, node } = c.req.valid("param");
    const page = c.req.valid("query");
    const asked = { namespace: namespaceOf(c), appKey, node: nodeName(node), page };
    return c.json(await historyPage(asked), 200);
  });
}

function afterEvent({ seq }: NodeEvent): string {
  return cursorOf(HISTORY, String(seq));
}

/** The event that a cursor of the history stands at; null for the first page. */
function seqOf(cursor: string | undefined): number | null {
  const after = afterOf(HISTORY, cursor);
  if (after === null) return null;
  const seq = Number(after);
  if (Number.isSafeInteger(seq)) return seq;
  throw new Refusal("cursor.invalid", "The cursor is not one of this list.");
}
