import type { Context } from "hono";
import { changedPointers } from "../core/audit-changes.ts";
import { redacted, redactedText } from "../core/audit-redact.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import { PLACEMENT_LIMITS, shardOfId } from "../core/placement.ts";
import { utf8Bytes } from "../core/utf8-bytes.ts";
import type { AuditNote } from "../ports/audit.ts";
import type { ApiEnv } from "./api-deps.ts";
import { definedExecutor } from "./audit-executor.ts";
import type { AuditPlan } from "./audit-plan.ts";
import { DEFAULT_NAMESPACE } from "./principal.ts";
import { BASE_PATH } from "./routes.ts";

/** A request and what it has done. */
export interface Happened {
  readonly c: Context<ApiEnv>;
  readonly plan: AuditPlan;
  /** What GET would have answered just before; null where there was nothing, or nobody asked. */
  readonly before: Json;
  /** The body of the answer; null without one. */
  readonly after: Json;
}

/** What is known of a request beside what it did. */
export interface NoteParts {
  /** Of a login that was refused: who it claimed to be. */
  readonly username: string | null;
  readonly address: string | null;
  /** The name of a job, workflow or user that the path names by its id. */
  readonly nameOf: (kind: string, id: string) => Promise<string>;
}

const LIMITS = { objectBytes: 65_536, pathChars: 1_024, idChars: 512 } as const;
/** What stands for an object that is too large to be kept. */
const TRUNCATED: Json = { truncated: true };

/** How each kind calls what it is found by; others are found by what the path says, or their `id`. */
export const NAME_FIELDS: Readonly<Record<string, string>> = {
  job: "name",
  workflow: "name",
  calendar: "name",
  namespace: "name",
  executor: "appKey",
  user: "username",
};
/** What the answer to an action is known by afterwards. */
const BRIEF: readonly string[] = [
  "id",
  "name",
  "state",
  "job",
  "workflow",
  "step",
  "wish",
  "version",
  "matched",
  "done",
  "skipped",
  "reached",
];

/** The note of what a request has done, without secrets and bounded in size. */
export async function auditNote(happened: Happened, parts: NoteParts): Promise<AuditNote> {
  const { c, plan } = happened;
  const { username, address } = parts;
  const { before, after } = keptOf(happened);
  const isRefused = username !== null;
  return {
    atMs: c.get("nowMs"),
    namespace: namespaceOf(happened),
    actor: actorOf(happened, username),
    action: isRefused ? "login.refused" : plan.action,
    method: c.req.method,
    path: redactedText(c.req.path).slice(0, LIMITS.pathChars),
    status: c.res.status,
    object: {
      kind: plan.kind,
      id: redactedText(username ?? (await idOf(happened, parts))).slice(0, LIMITS.idChars),
    },
    before: bounded(redacted(before)),
    after: bounded(redacted(after)),
    changed: changedIn(before, after),
    address,
    requestId: c.get("requestId"),
  };
}

/** What differs, apart from what says no more than that something does. */
const COUNTERS: ReadonlySet<string> = new Set(["/version", "/etag", "/updatedAt"]);

function changedIn(before: Json, after: Json): readonly string[] {
  if (before === null || after === null) return [];
  const pointers = changedPointers(before, after).filter((pointer) => !COUNTERS.has(pointer));
  return pointers.map(redactedText);
}

/** What is worth keeping of both sides: of two objects, what both can show. */
function keptOf({ plan, ...sides }: Happened): {
  readonly before: Json;
  readonly after: Json;
} {
  if (plan.keeps === "hidden") return { before: null, after: null };
  if (plan.keeps === "acted") return { before: null, after: inBrief(sides.after) };
  const defined = plan.kind === "executor" ? definedExecutor : (side: Json): Json => side;
  const [before, after] = [defined(sides.before), defined(sides.after)];
  if (plan.keeps === "gone") return { before, after: null };
  if (!isJsonObject(before) || !isJsonObject(after)) return { before, after };
  return { before: only(before, Object.keys(after)), after: only(after, Object.keys(before)) };
}

function inBrief(after: Json): Json {
  return isJsonObject(after) ? only(after, BRIEF) : null;
}

function only(object: { readonly [key: string]: Json }, keys: readonly string[]): Json {
  const wanted = new Set(keys);
  return Object.fromEntries(Object.entries(object).filter(([key]) => wanted.has(key)));
}

function bounded(value: Json): Json {
  return utf8Bytes(JSON.stringify(value)) > LIMITS.objectBytes ? TRUNCATED : value;
}

/** Whoever just logged in or set up the deployment has no namespace yet but that of the answer. */
function namespaceOf({ c, after }: Happened): string {
  return c.get("principal")?.namespace ?? textIn(after, "namespace") ?? DEFAULT_NAMESPACE;
}

function actorOf({ c, plan, after }: Happened, username: string | null): AuditNote["actor"] {
  const principal = c.get("principal");
  const isSetup = plan.action === "setup.create";
  if (principal !== null) {
    const { id, name } = principal;
    return { kind: isSetup ? "setup" : principal.kind, id, name: redactedText(name) };
  }
  if (username !== null) return { kind: "user", id: "", name: username };
  const name = textIn(after, "name") ?? "";
  return { kind: isSetup ? "setup" : "user", id: textIn(after, "id") ?? "", name };
}

/** What the entry is found by: a name where there is one, however the path named it. */
async function idOf(happened: Happened, { nameOf }: NoteParts): Promise<string> {
  const { c, plan, before, after } = happened;
  if (plan.keeps === "hidden") return hiddenId(happened);
  const sent = c.req.path.slice(BASE_PATH.length + 1).split("/")[1];
  const field = plan.keeps === "acted" ? plan.kind : NAME_FIELDS[plan.kind];
  const name = textIn(after, field) ?? textIn(before, field);
  if (sent === undefined) return name ?? textIn(after, "id") ?? "*";
  if (plan.action === "run.bulk") return "*";
  const id = decodeURIComponent(sent);
  if (!isIdOf(plan.kind, id)) return id;
  return name ?? nameOf(plan.kind, id);
}

function hiddenId({ c, plan, after }: Happened): string {
  const principal = c.get("principal");
  if (plan.kind === "session") return principal?.session ?? "*";
  return principal?.name ?? textIn(after, "name") ?? "?";
}

/** Whether it names something by its id that is known by a name. */
function isIdOf(kind: string, text: string): boolean {
  if (kind === "user") return text.startsWith("usr_");
  const form = kind === "job" ? "job" : kind === "workflow" ? "wf" : null;
  return form !== null && shardOfId(form, text, PLACEMENT_LIMITS.shardsMax) !== undefined;
}

function textIn(value: Json, field: string | undefined): string | undefined {
  if (field === undefined || !isJsonObject(value)) return undefined;
  const text = value[field];
  return typeof text === "string" ? text : undefined;
}
