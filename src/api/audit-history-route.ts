import { createRoute, z } from "@hono/zod-openapi";
import { isJsonObject } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import type { InsideCalls } from "./audit-inside.ts";
import { historyOut } from "./audit-json.ts";
import { auditQueryOf, historyJson } from "./audit-query.ts";
import { beforeSeqOf } from "./audit-routes.ts";
import { cursorOf, cutPage } from "./page-cursor.ts";
import { principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { jsonAnswer, pageOf, pageQuery, problemAnswers, WIRE_LIMITS } from "./wire.ts";

const LIST = "history";
/** What has a history that whoever sees it may see, and the field that entries are found by. */
const KINDS = { job: "name", workflow: "name", executor: "appKey", calendar: "name" } as const;
const NAME_CHARS_MAX = 512;

const getHistory = createRoute({
  method: "get",
  path: `${BASE_PATH}/history/{kind}/{object}`,
  summary: "What was done to a job, workflow, executor or calendar, newest first",
  request: {
    params: z.strictObject({
      kind: z.enum(["job", "workflow", "executor", "calendar"]),
      object: z.string().min(1).max(NAME_CHARS_MAX).openapi({ description: "Its id or name." }),
    }),
    query: z.strictObject(pageQuery),
  },
  responses: { 200: jsonAnswer("One page of entries.", pageOf(historyOut)), ...problemAnswers },
});

/** The audit log of one object, without what only administrators see. */
export function addHistoryRoute(
  api: Api,
  { auditReader }: Pick<ApiDeps, "auditReader">,
  inside: InsideCalls,
): void {
  api.openapi(getHistory, async (c) => {
    const { kind, object } = c.req.valid("param");
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const principal = principalOf(c);
    const path = `${BASE_PATH}/${kind}s/${encodeURIComponent(object)}`;
    const stored = await inside.get(c, principal, path);
    const name = isJsonObject(stored) ? stored[KINDS[kind]] : null;
    // What is gone has a history too; but not for whoever may not have seen it.
    if (name === null && principal.executors !== null) throw unknown(kind, object);
    const filter = { kind, object: typeof name === "string" ? name : object };
    const page = { limit: limit + 1, beforeSeq: beforeSeqOf(LIST, cursor) };
    const rows = await auditReader.entries(auditQueryOf(principal.namespace, filter, page));
    const { items, nextCursor } = cutPage(rows, limit, (last) => cursorOf(LIST, String(last.seq)));
    return c.json({ items: items.map(historyJson), nextCursor }, 200);
  });
}

function unknown(kind: keyof typeof KINDS, object: string): Refusal {
  return new Refusal(`${kind}.unknown`, `There is no ${kind} ${object.slice(0, 100)}.`);
}
