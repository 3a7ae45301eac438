import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { QUOTA_KINDS } from "../core/quota-entry.ts";
import { Refusal } from "../core/refusal.ts";
import { NO_QUOTAS, type Namespace } from "../ports/directory.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { firstNamespace } from "./directory-copies.ts";
import { conflict, etagOf, ifMatchOf, type IfMatch } from "./etag.ts";
import { answerOnce, idempotencyOf, markReplay } from "./idempotency.ts";
import { namespaceOut, quotas, type NamespaceJson } from "./namespace-json.ts";
import { namespaceName, namespaceParam } from "./namespace-name.ts";
import { unknownNamespace, type NamespaceStore, type Visible } from "./namespace-store.ts";
import { cursorOf, cutPage, afterOf } from "./page-cursor.ts";
import { DEFAULT_NAMESPACE } from "./principal.ts";
import type { QuotaDesk } from "./quota-desk.ts";
import { principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import {
  idempotencyHeader,
  ifMatchHeader,
  isoTextOrNull,
  jsonAnswer,
  jsonBody,
  pageOf,
  pageQuery,
  problemAnswers,
  WIRE_LIMITS,
} from "./wire.ts";

const NAMESPACES = `${BASE_PATH}/namespaces`;
const ONE_NAMESPACE = `${NAMESPACES}/{namespace}`;
const LIST = "namespaces";
/** Changes laid over a namespace that others change at the same time are tried again this often. */
const TRIES_MAX = 4;

const described = {
  description: z.string().max(WIRE_LIMITS.textChars).optional(),
  quotas: quotas
    .partial()
    .optional()
    .openapi({ description: "How many of each there may be; null is no bound." }),
} as const;

const namespaceBody = z
  .strictObject({ name: namespaceName, ...described })
  .openapi("NamespaceBody");
const namespacePatch = z.strictObject(described).openapi("NamespacePatch");

type Described = z.infer<typeof namespacePatch>;

const createNamespace = createRoute({
  method: "post",
  path: NAMESPACES,
  summary: "Create a namespace",
  description: "The name of one that was used and deleted is not given again: its history is kept.",
  request: { headers: idempotencyHeader, body: jsonBody(namespaceBody) },
  responses: { 201: jsonAnswer("The new namespace.", namespaceOut), ...problemAnswers },
});

const listNamespaces = createRoute({
  method: "get",
  path: NAMESPACES,
  summary: "List the namespaces that you may see, by name",
  request: { query: z.strictObject(pageQuery) },
  responses: { 200: jsonAnswer("One page of them.", pageOf(namespaceOut)), ...problemAnswers },
});

const getNamespace = createRoute({
  method: "get",
  path: ONE_NAMESPACE,
  summary: "A namespace with its quotas and what is in it",
  description: "The usage is up to a second behind, and at most 100,000 of each are counted.",
  request: { params: namespaceParam },
  responses: { 200: jsonAnswer("The namespace.", namespaceOut), ...problemAnswers },
});

const patchNamespace = createRoute({
  method: "patch",
  path: ONE_NAMESPACE,
  summary: "Change the description or the quotas of a namespace",
  description:
    "A quota that is lowered below what there is deletes nothing: nothing more can be created. Another " +
    "process may not know of a change for five seconds.",
  request: { headers: ifMatchHeader, params: namespaceParam, body: jsonBody(namespacePatch) },
  responses: { 200: jsonAnswer("The namespace as it is now.", namespaceOut), ...problemAnswers },
});

const deleteNamespace = createRoute({
  method: "delete",
  path: ONE_NAMESPACE,
  summary: "Delete a namespace in which nothing is left, with its tokens and memberships",
  description: "What was created or deleted in the last second may not be known here yet.",
  request: { headers: ifMatchHeader, params: namespaceParam },
  responses: { 204: { description: "The namespace is gone." }, ...problemAnswers },
});

interface Parts {
  readonly namespaces: NamespaceStore;
  readonly quotas: QuotaDesk;
}

/** The namespaces themselves. Those who administer the instance make them, and say how much is in them. */
export function addNamespaceRoutes(api: Api, deps: ApiDeps, parts: Parts): void {
  const { namespaces } = parts;
  addCreation(api, deps);
  addChange(api, deps, parts);
  addDeletion(api, deps, parts);

  api.openapi(listNamespaces, async (c) => {
    const { limit = WIRE_LIMITS.pageItemsDefault, cursor } = c.req.valid("query");
    const page = { limit: limit + 1, afterName: afterOf(LIST, cursor) };
    const rows = await namespaces.list(principalOf(c), c.get("login")?.user ?? null, page);
    const { items, nextCursor } = cutPage(rows, limit, ({ row }) => cursorOf(LIST, row.name));
    const usages = await namespaces.usages(items.map(({ visible }) => visible));
    const shown = items.flatMap(({ row }, place) => {
      const usage = usages[place];
      return usage === undefined ? [] : [namespaceJson(row, usage)];
    });
    return c.json({ items: shown, nextCursor }, 200);
  });

  api.openapi(getNamespace, async (c) => {
    const { row, visible } = await found(c, namespaces, c.req.valid("param").namespace);
    c.header("ETag", etagOf(row.version));
    return c.json(await shownOf(namespaces, row, visible), 200);
  });
}

function addCreation(api: Api, { directory, cipher }: ApiDeps): void {
  api.openapi(createNamespace, async (c) => {
    const { name, ...body } = c.req.valid("json");
    const nowMs = c.get("nowMs");
    const idempotency = idempotencyOf(c);
    const once = { directory, cipher, idempotency, nowMs, schema: namespaceOut };
    const answer = await answerOnce(once, async (entryOf) => {
      const fresh = { ...firstNamespace(name), version: 1, createdMs: nowMs };
      const next = changed(fresh, body);
      const shown = namespaceJson(next, { jobs: 0, workflows: 0, executors: 0 });
      if (name === DEFAULT_NAMESPACE || (await directory.namespace(name)) !== null)
        throw taken(`There is a namespace ${name} already.`);
      if (await directory.hasHistory(name))
        throw taken(`The namespace ${name} was used before, and its history is kept.`);
      if (!(await directory.putNamespace(next, entryOf(shown))))
        throw taken(`There is a namespace ${name} already.`);
      return shown;
    });
    markReplay(c, answer.isReplay);
    c.header("ETag", etagOf(answer.body.version));
    c.header("Location", `${NAMESPACES}/${answer.body.name}`);
    return c.json(answer.body, 201);
  });
}

function addChange(api: Api, { directory }: ApiDeps, { namespaces, quotas: desk }: Parts): void {
  api.openapi(patchNamespace, async (c) => {
    const body = c.req.valid("json");
    const ifMatch = ifMatchOf(c.req.header("If-Match"));
    const insists = ifMatch?.kind === "versions";
    for (let tries = 1; ; tries++) {
      // Each try needs what the one before it found.
      // oxlint-disable-next-line no-await-in-loop
      const { row, visible } = await found(c, namespaces, c.req.valid("param").namespace);
      refuseOther(row, ifMatch);
      const next = { ...changed(row, body), version: row.version + 1 };
      // oxlint-disable-next-line no-await-in-loop
      if (await directory.putNamespace(next, null)) {
        desk.forget(row.name);
        c.header("ETag", etagOf(next.version));
        // oxlint-disable-next-line no-await-in-loop
        return c.json(await shownOf(namespaces, next, visible), 200);
      }
      if (insists || tries === TRIES_MAX) throw conflict();
    }
  });
}

function addDeletion(api: Api, { directory }: ApiDeps, { namespaces }: Parts): void {
  api.openapi(deleteNamespace, async (c) => {
    const { row, visible } = await found(c, namespaces, c.req.valid("param").namespace);
    const { name, version } = row;
    if (name === DEFAULT_NAMESPACE)
      throw new Refusal("namespace.in_use", "The namespace default is always there.");
    refuseOther(row, ifMatchOf(c.req.header("If-Match")));
    const at = { nowMs: c.get("nowMs"), by: principalOf(c).id };
    if (!(await directory.deleteNamespace(name, version, at))) {
      const stored = await namespaces.find(name);
      if (stored !== null && stored.version !== version) throw conflict();
      throw inUse(name, await namespaces.usage(visible));
    }
    await namespaces.end(name);
    return c.body(null, 204);
  });
}

/** The namespace that a path names; one that the caller may not see is as if it did not exist. */
async function found(
  c: Context<ApiEnv>,
  namespaces: NamespaceStore,
  name: string,
): Promise<{ readonly row: Namespace; readonly visible: Visible }> {
  const who = principalOf(c);
  const visible = namespaces.visibleTo(who, c.get("login")?.user ?? null, name);
  const isOwn = !who.isInstanceAdmin && visible !== null;
  const row = visible === null ? null : await namespaces.find(name, isOwn);
  if (visible === null || row === null) throw unknownNamespace(name);
  return { row, visible };
}

async function shownOf(
  namespaces: NamespaceStore,
  row: Namespace,
  visible: Visible,
): Promise<NamespaceJson> {
  return namespaceJson(row, await namespaces.usage(visible));
}

function namespaceJson(row: Namespace, usage: NamespaceJson["usage"]): NamespaceJson {
  return {
    name: row.name,
    description: row.description,
    version: row.version,
    quotas: row.quotas,
    usage,
    signingSecrets: row.signingGenerations.length,
    createdAt: isoTextOrNull(row.createdMs),
  };
}

function changed(row: Namespace, { description, quotas: some }: Described): Namespace {
  const said = { ...NO_QUOTAS, ...row.quotas };
  for (const kind of QUOTA_KINDS) {
    const most = some?.[kind];
    if (most !== undefined) said[kind] = most;
  }
  return { ...row, description: description ?? row.description, quotas: said };
}

function refuseOther({ version }: Namespace, ifMatch: IfMatch | null): void {
  if (ifMatch?.kind === "versions" && !ifMatch.versions.includes(version)) throw conflict();
}

function taken(detail: string): Refusal {
  return new Refusal("name.taken", detail, {
    errors: [{ pointer: "/name", message: "taken" }],
    hint: "Choose another name.",
  });
}

function inUse(name: string, { jobs, workflows, executors }: NamespaceJson["usage"]): Refusal {
  const detail =
    `The namespace ${name} has ${jobs} jobs, ${workflows} workflows and ${executors} executors` +
    ", or calendars.";
  return new Refusal("namespace.in_use", detail, {
    hint: `Delete what is in it first, with the header X-Namespace: ${name}.`,
  });
}
