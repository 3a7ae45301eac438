import type { Context, MiddlewareHandler } from "hono";
import { isJsonObject, type Json } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import type { InsideCalls } from "./audit-inside.ts";
import { auditNote, NAME_FIELDS, type Happened } from "./audit-note.ts";
import { auditPlanOf, type AuditPlan } from "./audit-plan.ts";
import { REPLAYED_HEADER } from "./idempotency.ts";
import { jobViewJson } from "./job-json.ts";
import type { JobStore } from "./job-store.ts";
import { RateLimiter } from "./rate-limit.ts";
import { BASE_PATH, ROUTES, routeOf, type RouteEntry } from "./routes.ts";
import { unlessRefused } from "./shard-call.ts";

type Ctx = Context<ApiEnv>;

/** Refused logins that are written down in a minute: of one account, and of all. */
const REFUSED_PER_MINUTE = { account: 1, all: 60 } as const;

interface AuditParts {
  readonly deps: Pick<ApiDeps, "audit" | "clientAddress" | "log" | "waitUntil">;
  readonly inside: InsideCalls;
  readonly jobs: Pick<JobStore, "get">;
}

/**
 * Writes down what a request has changed before its answer goes out: one entry for each audited route that succeeded,
 * none for what was refused, repeated, or only tried. Stands behind the guard, so it sees only what was let in. A host
 * that gives up a request whose sender has hung up does so with this one only when it is written down.
 */
export function auditTrail(parts: AuditParts): MiddlewareHandler<ApiEnv> {
  const plans = new Map<RouteEntry, AuditPlan>(
    ROUTES.filter((line) => line.isAudited).map((line) => [line, auditPlanOf(line)]),
  );
  const refused = new RefusedLogins();
  return async (c, next) => {
    const line = routeOf(c.req.method, c.req.path);
    const plan = line === undefined ? undefined : plans.get(line);
    if (line === undefined || plan === undefined) return next();
    const noted = async (): Promise<void> => {
      const before = await beforeOf(parts, c, plan);
      await next();
      const happened = { c, plan, before, after: await answerOf(c) };
      if (refused.isNoted(happened)) await append(parts, { ...happened, isRefusedLogin: true });
      else if (isDone(happened)) await append(parts, { ...happened, isRefusedLogin: false });
    };
    const work = noted();
    parts.deps.waitUntil(work.catch(() => {}));
    return work;
  };
}

/** One note a minute for an account that somebody guesses at. */
class RefusedLogins {
  readonly #accounts = new RateLimiter();
  readonly #all = new RateLimiter();

  isNoted({ c }: Pick<Happened, "c">): boolean {
    const { error } = c;
    if (!(error instanceof Refusal) || error.data.code !== "login.failed") return false;
    const nowMs = c.get("nowMs");
    const account = c.get("principal")?.id ?? sentUsername(c);
    const { account: ofOne, all } = REFUSED_PER_MINUTE;
    return (
      this.#accounts.take(account, ofOne, nowMs).isAllowed &&
      this.#all.take("all", all, nowMs).isAllowed
    );
  }
}

/** What cannot be written down is told to the operator: the change has happened, and its answer says so. */
async function append(
  { deps, inside }: AuditParts,
  happened: Happened & { readonly isRefusedLogin: boolean },
): Promise<void> {
  const { c } = happened;
  try {
    const username = happened.isRefusedLogin ? sentUsername(c) : null;
    const address = deps.clientAddress(c.req.raw, c.env);
    const nameOf = (kind: string, id: string): Promise<string> => nameBehind(inside, c, kind, id);
    await deps.audit.append(await auditNote(happened, { username, address, nameOf }));
  } catch (error) {
    const fields = {
      requestId: c.get("requestId"),
      action: happened.plan.action,
      path: c.req.path,
      message: String(error),
    };
    deps.log.write({ level: "error", event: "audit.failed", fields });
  }
}

/** Whether something has changed. */
function isDone({ c, after, plan }: Happened): boolean {
  if (!c.res.ok || c.res.headers.get(REPLAYED_HEADER) === "true") return false;
  const isTried = isJsonObject(after) && after["dryRun"] === true;
  // A dry run of many runs says what matched, and not what was done.
  const isLooked = plan.action === "run.bulk" && isJsonObject(after) && !("done" in after);
  return !isTried && !isLooked;
}

async function beforeOf({ inside, jobs }: AuditParts, c: Ctx, plan: AuditPlan): Promise<Json> {
  if (plan.keeps !== "replaced" && plan.keeps !== "gone") return null;
  const principal = c.get("principal");
  const [kind, name] = placeIn(c.req.path);
  if (principal === null || kind === undefined || name === undefined) return null;
  if (plan.kind !== "job") return inside.get(c, principal, `${BASE_PATH}/${kind}/${name}`);
  // Without the last runs, which come from the records: jobs are changed while those are away.
  const ref = decoded(name);
  const view = await unlessRefused(["job.unknown"], jobs.get(principal.namespace, ref));
  return view === null ? null : asSent(jobViewJson(view));
}

/** The body of the answer, which goes out all the same; null when it is no JSON. */
async function answerOf(c: Ctx): Promise<Json> {
  const isJson = c.res.headers.get("content-type")?.startsWith("application/json") === true;
  if (!isJson || !c.res.ok) return null;
  // A handler of this API made it.
  return c.res.clone().json();
}

/** The name of what a path names by its id; the id where it cannot be had. */
async function nameBehind(inside: InsideCalls, c: Ctx, kind: string, id: string): Promise<string> {
  const principal = c.get("principal");
  if (principal === null) return id;
  const path = `${BASE_PATH}/${kind}s/${encodeURIComponent(id)}`;
  const found = await inside.get(c, principal, path);
  const name = isJsonObject(found) ? found[NAME_FIELDS[kind] ?? "name"] : undefined;
  return typeof name === "string" ? name : id;
}

/** What JSON makes of it, as if it had been an answer. */
function asSent(value: object): Json {
  return JSON.parse(JSON.stringify(value));
}

/** The first two segments below the base, as they were sent. */
function placeIn(path: string): readonly (string | undefined)[] {
  return path
    .slice(BASE_PATH.length + 1)
    .split("/")
    .slice(0, 2);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A password that was typed into the wrong field stays out of the log. */
const USERNAME = /^[A-Za-z0-9._@+-]{1,64}$/;

function sentUsername(c: Ctx): string {
  const text = c.get("bodyText");
  // The guard has seen to it that it is JSON, or empty.
  const body: Json = text === "" ? null : JSON.parse(text);
  const username = isJsonObject(body) ? body["username"] : undefined;
  return typeof username === "string" && USERNAME.test(username) ? username.toLowerCase() : "?";
}
