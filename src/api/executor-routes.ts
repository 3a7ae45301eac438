import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { assert } from "../core/assert.ts";
import { Refusal } from "../core/refusal.ts";
import { secretContext } from "../ports/cipher.ts";
import type { Executor, ExecutorView } from "../ports/executors.ts";
import type { Idempotency } from "../ports/shard-client.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { sha256Hex } from "./digest.ts";
import type { DirectoryCopies } from "./directory-copies.ts";
import { etagOf, ifMatchOf } from "./etag.ts";
import { executorJson, executorOut, newExecutorOut } from "./executor-json.ts";
import { narrowedTo, refuseOtherAppKey } from "./executor-limit.ts";
import { listedNodes } from "./executor-nodes.ts";
import { appKeyParam, executorBody, executorPatchBody } from "./executor-schema.ts";
import { idempotencyOf, markReplay } from "./idempotency.ts";
import { callKeeper } from "./keeper-call.ts";
import type { Counted, QuotaDesk } from "./quota-desk.ts";
import { afterOf, cursorOf, cutPage } from "./page-cursor.ts";
import { namespaceOf, principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { claimKey, unlessRefused } from "./shard-call.ts";
import {
  idempotencyHeader,
  ifMatchHeader,
  jsonAnswer,
  jsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";

export const EXECUTORS = `${BASE_PATH}/executors`;
export const ONE_EXECUTOR = `${EXECUTORS}/{appKey}`;
const LIST = "executors";
const SECRET_BYTES = 32;
const MADE_KEY_CHARS = 16;

const createExecutor = createRoute({
  method: "post",
  path: EXECUTORS,
  summary: "Create an executor; its appSecret is shown this once",
  request: { headers: idempotencyHeader, body: jsonBody(executorBody) },
  responses: { 201: jsonAnswer("The new executor.", newExecutorOut), ...problemAnswers },
});

const listExecutors = createRoute({
  method: "get",
  path: EXECUTORS,
  summary: "List executors by appKey",
  description: "Up to a second behind; beats alone do not renew it.",
  request: { query: z.strictObject(pageQuery) },
  responses: {
    200: jsonAnswer("One page of executors.", pageOf(executorOut)),
    ...problemAnswers,
  },
});

const getExecutor = createRoute({
  method: "get",
  path: ONE_EXECUTOR,
  summary: "An executor with its nodes",
  request: { params: appKeyParam },
  responses: { 200: jsonAnswer("The executor.", executorOut), ...problemAnswers },
});

const patchExecutor = createRoute({
  method: "patch",
  path: ONE_EXECUTOR,
  summary: "Change an executor's name or limits, or replace its listed nodes",
  request: { headers: ifMatchHeader, params: appKeyParam, body: jsonBody(executorPatchBody) },
  responses: { 200: jsonAnswer("The executor as it is now.", executorOut), ...problemAnswers },
});

const deleteExecutor = createRoute({
  method: "delete",
  path: ONE_EXECUTOR,
  summary: "Delete an executor that no job names",
  request: { headers: ifMatchHeader, params: appKeyParam },
  responses: { 204: { description: "The executor is gone." }, ...problemAnswers },
});

interface ExecutorParts {
  readonly copies: DirectoryCopies;
  readonly quotas: QuotaDesk;
}

/** Executors as people manage them. The keeper of each decides; lists come from the records. */
export function addExecutorRoutes(api: Api, deps: ApiDeps, parts: ExecutorParts): void {
  const { directory, deployment, executors } = deps;
  addExecutorCreation(api, deps, parts);
  addExecutorChanges(api, deps, parts);

  api.openapi(listExecutors, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const { executors: only } = narrowedTo(principalOf(c));
    const wish = only === undefined ? {} : { only };
    const page = { limit: limit + 1, afterAppKey: afterOf(LIST, cursor), ...wish };
    const rows = await directory.executors(namespaceOf(c), page);
    const after = (last: (typeof rows)[number]): string => cursorOf(LIST, last.executor.appKey);
    const { items, nextCursor } = cutPage(rows, limit, after);
    const shown = items.map((row) => executorJson(row.executor, row.nodes, deployment.id));
    return c.json({ items: shown, nextCursor }, 200);
  });

  api.openapi(getExecutor, async (c) => {
    const { appKey } = c.req.valid("param");
    const view = await viewOf(executors, namespaceOf(c), appKey);
    c.header("ETag", etagOf(view.executor.version));
    return c.json(executorJson(view.executor, view.nodes, deployment.id), 200);
  });
}

/** An executor as its keeper has it now. Throws `executor.unknown`. */
export async function viewOf(
  executors: ApiDeps["executors"],
  namespace: string,
  appKey: string,
): Promise<ExecutorView> {
  const order = { appKey, kind: "executor.get", input: { namespace }, idempotency: null } as const;
  return (await callKeeper(executors, order)).value;
}

/** What If-Match insists on, as a keeper takes it; null for any version. */
export function ifVersionsOf(c: Context<ApiEnv>): readonly number[] | null {
  const ifMatch = ifMatchOf(c.req.header("If-Match"));
  return ifMatch?.kind === "versions" ? ifMatch.versions : null;
}

/** A new appSecret, sealed. Only the keeper's answer shows which one counts: see `shownSecret`. */
export function newSealedSecret(deps: ApiDeps, namespace: string, appKey: string): string {
  const appSecret = `tws_${Buffer.from(deps.secretBytes(SECRET_BYTES)).toString("base64url")}`;
  return deps.cipher.seal(appSecret, secretContext(namespace, appKey));
}

/**
 * The appSecret that an answer of the keeper made. It is opened out of the answer, which holds it sealed:
 * so the answer that the keeper keeps for an idempotency key shows the same secret when it is given again.
 */
export function shownSecret(deps: ApiDeps, { namespace, appKey, secrets }: Executor): string {
  const newest = secrets.at(-1);
  assert(newest !== undefined, "an executor has a secret");
  return deps.cipher.open(newest.sealed, secretContext(namespace, appKey));
}

function addExecutorCreation(api: Api, deps: ApiDeps, { copies, quotas }: ExecutorParts): void {
  const { deployment, executors, shards } = deps;
  api.openapi(createExecutor, async (c) => {
    const { nodes, ...body } = c.req.valid("json");
    refuseOtherAppKey(c, body.appKey);
    const namespace = namespaceOf(c);
    const idempotency = idempotencyOf(c);
    const appKey = body.appKey ?? madeAppKey(deps, c.get("nowMs"), idempotency);
    const input = {
      executor: { ...body, appKey, namespace },
      sealedSecret: newSealedSecret(deps, namespace, appKey),
      nodes: listedNodes(nodes, deps),
    };
    await claimKey(shards, idempotency);
    const order = { appKey, kind: "executor.create", input, idempotency } as const;
    const { value: view, isReplay } = await quotas.creating(
      countedOf(deps, { namespace, name: appKey, nowMs: c.get("nowMs") }),
      () => callKeeper(executors, order),
    );
    copies.forgetExecutor(namespace, appKey);
    markReplay(c, isReplay);
    c.header("ETag", etagOf(view.executor.version));
    c.header("Location", `${EXECUTORS}/${appKey}`);
    const shown = executorJson(view.executor, view.nodes, deployment.id);
    return c.json({ ...shown, appSecret: shownSecret(deps, view.executor) }, 201);
  });
}

function countedOf(
  { executors }: ApiDeps,
  of: Pick<Counted, "namespace" | "name" | "nowMs">,
): Counted {
  const isThere = async (appKey: string): Promise<boolean> =>
    (await unlessRefused(["executor.unknown"], viewOf(executors, of.namespace, appKey))) !== null;
  return { ...of, kind: "executors", isThere };
}

/** Of an idempotency key, so that a repetition reaches the same keeper; else made anew. */
function madeAppKey(deps: ApiDeps, nowMs: number, idempotency: Idempotency | null): string {
  const unique =
    idempotency === null
      ? deps.ids.next(nowMs).replaceAll("-", "").slice(-MADE_KEY_CHARS)
      : sha256Hex("appKey", idempotency.key).slice(0, MADE_KEY_CHARS);
  return `app-${unique}`;
}

function addExecutorChanges(api: Api, deps: ApiDeps, { copies, quotas }: ExecutorParts): void {
  const { deployment, records, executors } = deps;
  api.openapi(patchExecutor, async (c) => {
    const { appKey } = c.req.valid("param");
    const { name, nodes, concurrency, nodeConcurrency } = c.req.valid("json");
    const namespace = namespaceOf(c);
    const input = {
      namespace,
      ifVersions: ifVersionsOf(c),
      ...(name === undefined ? {} : { name }),
      ...(nodes === undefined ? {} : { nodes: listedNodes(nodes, deps) }),
      ...(concurrency === undefined ? {} : { concurrency }),
      ...(nodeConcurrency === undefined ? {} : { nodeConcurrency }),
    };
    const order = { appKey, kind: "executor.patch", input, idempotency: null } as const;
    const { value: view } = await callKeeper(executors, order);
    copies.forgetExecutor(namespace, appKey);
    c.header("ETag", etagOf(view.executor.version));
    return c.json(executorJson(view.executor, view.nodes, deployment.id), 200);
  });

  api.openapi(deleteExecutor, async (c) => {
    const { appKey } = c.req.valid("param");
    const namespace = namespaceOf(c);
    // A stale If-Match, and a missing executor, are told before who uses it.
    const ifVersions = ifVersionsOf(c);
    const { executor } = await viewOf(executors, namespace, appKey);
    const isStale = ifVersions !== null && !ifVersions.includes(executor.version);
    if (!isStale && (await records.countJobsOfExecutor(namespace, appKey, 1)) > 0)
      throw new Refusal("executor.in_use", `Jobs still name the executor ${appKey}.`, {
        hint: `GET /api/v1/jobs?executor=${appKey} lists them: delete them or change their target.`,
      });
    const input = { namespace, ifVersions };
    const counted = countedOf(deps, { namespace, name: appKey, nowMs: c.get("nowMs") });
    await quotas.deleting(counted, () =>
      callKeeper(executors, { appKey, kind: "executor.delete", input, idempotency: null }),
    );
    copies.forgetExecutor(namespace, appKey);
    return c.body(null, 204);
  });
}
