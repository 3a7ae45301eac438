import { createRoute, z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import { secretContext } from "../ports/cipher.ts";
import type { Executor } from "../ports/directory.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { executorCopy, type DirectoryCopies } from "./directory-copies.ts";
import { conflict, etagOf, type IfMatch, ifMatchOf } from "./etag.ts";
import { nodesOf } from "./executor-nodes.ts";
import {
  executorBody,
  executorJson,
  executorOut,
  executorPatchBody,
  newExecutorOut,
} from "./executor-schema.ts";
import { answerOnce, idempotencyOf, markReplay } from "./idempotency.ts";
import { afterOf, cursorOf, cutPage } from "./page-cursor.ts";
import { namespaceOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { APP_KEY } from "./target-schema.ts";
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

const EXECUTORS = `${BASE_PATH}/executors`;
const ONE_EXECUTOR = `${EXECUTORS}/{appKey}`;
const LIST = "executors";
const SECRET_BYTES = 32;
const TRIES_MAX = 4;

const appKeyParam = z.strictObject({ appKey: z.string().regex(APP_KEY, "Not an appKey.") });

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
  summary: "Change an executor's name, or replace its nodes",
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

export function addExecutorRoutes(api: Api, deps: ApiDeps, copies: DirectoryCopies): void {
  const { directory, deployment } = deps;
  addExecutorCreation(api, deps, copies);
  addExecutorChanges(api, deps, copies);

  api.openapi(listExecutors, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const page = { limit: limit + 1, afterAppKey: afterOf(LIST, cursor) };
    const rows = await directory.executors(namespaceOf(c), page);
    const { items, nextCursor } = cutPage(rows, limit, (last) => cursorOf(LIST, last.appKey));
    return c.json({ items: items.map((row) => executorJson(row, deployment.id)), nextCursor }, 200);
  });

  api.openapi(getExecutor, async (c) => {
    const executor = await stored(deps, namespaceOf(c), c.req.valid("param").appKey);
    c.header("ETag", etagOf(executor.version));
    return c.json(executorJson(executor, deployment.id), 200);
  });
}

function addExecutorCreation(api: Api, deps: ApiDeps, copies: DirectoryCopies): void {
  const { directory, cipher, deployment } = deps;
  api.openapi(createExecutor, async (c) => {
    const body = c.req.valid("json");
    const nowMs = c.get("nowMs");
    const once = { directory, cipher, nowMs, schema: newExecutorOut };
    const answer = await answerOnce({ ...once, idempotency: idempotencyOf(c) }, async (entryOf) => {
      const namespace = namespaceOf(c);
      const appKey = body.appKey ?? `app-${deps.ids.next(nowMs).replaceAll("-", "").slice(-16)}`;
      const appSecret = `tws_${Buffer.from(deps.secretBytes(SECRET_BYTES)).toString("base64url")}`;
      const executor: Executor = {
        appKey,
        namespace,
        name: body.name,
        registration: "manual",
        dialect: "native",
        nodes: nodesOf(body.nodes, [], { ...deps, nowMs }),
        sealedSecret: cipher.seal(appSecret, secretContext(namespace, appKey)),
        // Shards keep copies of what was deleted: one made again must be newer than all of them, and
        // nobody changes an executor more than once a millisecond.
        version: nowMs,
        createdMs: nowMs,
        updatedMs: nowMs,
      };
      const shown = { ...executorJson(executor, deployment.id), appSecret };
      await directory.createExecutor(executor, entryOf(shown));
      await copies.push(executorCopy(executor));
      return shown;
    });
    markReplay(c, answer.isReplay);
    c.header("ETag", etagOf(answer.body.version));
    c.header("Location", `${EXECUTORS}/${answer.body.appKey}`);
    return c.json(answer.body, 201);
  });
}

function addExecutorChanges(api: Api, deps: ApiDeps, copies: DirectoryCopies): void {
  const { directory, deployment, records } = deps;
  api.openapi(patchExecutor, async (c) => {
    const { appKey } = c.req.valid("param");
    const body = c.req.valid("json");
    const nowMs = c.get("nowMs");
    const ifMatch = ifMatchOf(c.req.header("If-Match"));
    const next = await changed(deps, { namespace: namespaceOf(c), appKey, ifMatch }, (before) => ({
      ...before,
      name: body.name ?? before.name,
      nodes:
        body.nodes === undefined
          ? before.nodes
          : nodesOf(body.nodes, before.nodes, { ...deps, nowMs }),
      version: before.version + 1,
      updatedMs: nowMs,
    }));
    await copies.push(executorCopy(next));
    c.header("ETag", etagOf(next.version));
    return c.json(executorJson(next, deployment.id), 200);
  });

  api.openapi(deleteExecutor, async (c) => {
    const { appKey } = c.req.valid("param");
    const namespace = namespaceOf(c);
    const executor = await stored(deps, namespace, appKey);
    refuseOther(executor, ifMatchOf(c.req.header("If-Match")));
    if ((await records.countJobsOfExecutor(namespace, appKey, 1)) > 0)
      throw new Refusal("executor.in_use", `Jobs still name the executor ${appKey}.`, {
        hint: `GET /api/v1/jobs?executor=${appKey} lists them: delete them or change their target.`,
      });
    if (!(await directory.deleteExecutor(namespace, appKey, executor.version))) throw conflict();
    copies.forgetExecutor(namespace, appKey);
    return c.body(null, 204);
  });
}

/** Lays a change over the stored executor; without If-Match again over what another has stored. */
async function changed(
  deps: ApiDeps,
  at: { readonly namespace: string; readonly appKey: string; readonly ifMatch: IfMatch | null },
  change: (before: Executor) => Executor,
): Promise<Executor> {
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    // Each try needs what the one before it found.
    // oxlint-disable-next-line no-await-in-loop
    const before = await stored(deps, at.namespace, at.appKey);
    refuseOther(before, at.ifMatch);
    const next = change(before);
    // oxlint-disable-next-line no-await-in-loop
    if (await deps.directory.updateExecutor(next, null)) return next;
  }
  throw conflict();
}

function refuseOther(executor: Executor, ifMatch: IfMatch | null): void {
  if (ifMatch?.kind === "versions" && !ifMatch.versions.includes(executor.version))
    throw conflict();
}

async function stored(deps: ApiDeps, namespace: string, appKey: string): Promise<Executor> {
  const executor = await deps.directory.executor(namespace, appKey);
  if (executor !== null) return executor;
  throw new Refusal("executor.unknown", `There is no executor with the appKey ${appKey}.`);
}
