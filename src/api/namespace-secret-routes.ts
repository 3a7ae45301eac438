import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { Refusal } from "../core/refusal.ts";
import type { Namespace } from "../ports/directory.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { firstNamespace, namespaceCopy, type DirectoryCopies } from "./directory-copies.ts";
import { conflict } from "./etag.ts";
import { answerOnce, idempotencyOf, markReplay } from "./idempotency.ts";
import { namespaceParam } from "./namespace-name.ts";
import { DEFAULT_NAMESPACE } from "./principal.ts";
import { principalOf } from "./request-of.ts";
import { BASE_PATH } from "./routes.ts";
import { idempotencyHeader, jsonAnswer, problemAnswers } from "./wire.ts";

const SECRET_PATH = `${BASE_PATH}/namespaces/{namespace}/signing-secret`;
const secretOut = z
  .object({ secret: z.string().openapi({ example: "whsec_…" }) })
  .openapi("SigningSecret");

const rotateSecret = createRoute({
  method: "post",
  path: SECRET_PATH,
  summary: "Make a new webhook signing secret, shown this once; the previous one keeps signing too",
  request: { headers: idempotencyHeader, params: namespaceParam },
  responses: { 201: jsonAnswer("The new secret.", secretOut), ...problemAnswers },
});

const dropPrevious = createRoute({
  method: "delete",
  path: `${SECRET_PATH}/previous`,
  summary: "Stop signing with the previous secret",
  request: { params: namespaceParam },
  responses: { 204: { description: "Only the current secret signs." }, ...problemAnswers },
});

/** The webhook signing secret of a namespace. */
export function addNamespaceSecretRoutes(api: Api, deps: ApiDeps, copies: DirectoryCopies): void {
  const { directory, cipher } = deps;
  api.openapi(rotateSecret, async (c) => {
    const namespace = c.req.valid("param").namespace;
    const before = await foundNamespace(c, deps, namespace);
    const idempotency = idempotencyOf(c);
    const once = { directory, cipher, idempotency, nowMs: c.get("nowMs"), schema: secretOut };
    const answer = await answerOnce(once, async (entryOf) => {
      const [newest = 0] = before.signingGenerations;
      const generation = newest + 1;
      const next = nextOf(before, [generation, newest]);
      const shown = { secret: deps.webhookSecret(namespace, generation) };
      if (!(await directory.putNamespace(next, entryOf(shown)))) throw conflict();
      await copies.push(namespaceCopy(next));
      return shown;
    });
    markReplay(c, answer.isReplay);
    return c.json(answer.body, 201);
  });

  api.openapi(dropPrevious, async (c) => {
    const before = await foundNamespace(c, deps, c.req.valid("param").namespace);
    const [newest = 1, ...others] = before.signingGenerations;
    if (others.length > 0) {
      const next = nextOf(before, [newest]);
      if (!(await directory.putNamespace(next, null))) throw conflict();
      await copies.push(namespaceCopy(next));
    }
    return c.body(null, 204);
  });
}

/**
 * A caller's own namespace, or one that there is for who may name others. Every other one is as if it did not exist,
 * and one that is gone is not made again by a secret.
 */
async function foundNamespace(
  c: Context<ApiEnv>,
  { directory }: ApiDeps,
  name: string,
): Promise<Namespace> {
  const { namespace, isInstanceAdmin } = principalOf(c);
  const isOwn = name === namespace;
  const stored = isOwn || isInstanceAdmin ? await directory.namespace(name) : null;
  if (stored !== null) return stored;
  if (isOwn || (isInstanceAdmin && name === DEFAULT_NAMESPACE)) return firstNamespace(name);
  throw new Refusal("namespace.unknown", `There is no namespace ${name}.`);
}

function nextOf(before: Namespace, signingGenerations: readonly number[]): Namespace {
  return { ...before, version: before.version + 1, signingGenerations };
}
