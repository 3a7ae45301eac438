import type { AuditJson } from "../../api/shapes.ts";
import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import { TextLink } from "../../kit/button.tsx";

/** The kinds of objects that the audit log knows. */
export const OBJECT_KINDS = [
  "job",
  "run",
  "workflow",
  "workflow_run",
  "executor",
  "calendar",
  "event",
  "user",
  "token",
  "session",
  "namespace",
] as const;

/** Pages of one object, by its id. */
const PAGES: Readonly<Record<string, string>> = {
  job: "/jobs",
  run: "/runs",
  workflow: "/workflows",
  workflow_run: "/workflow-runs",
  executor: "/executors",
};
/** Pages on which an object stands among others. */
const LISTS: Readonly<Record<string, string>> = {
  calendar: "/calendar",
  user: "/settings/users",
  token: "/settings/tokens",
  session: "/settings/sessions",
  namespace: "/settings/namespaces",
};

/** What stands for no object in particular. */
const NO_IDS: ReadonlySet<string> = new Set(["", "?", "*"]);

/** What was acted on; a link where it may still be seen. */
export function AuditObject({ entry }: { readonly entry: AuditJson }) {
  const { kind, id } = entry.object;
  const href = hrefOf(entry);
  const name = nameIn(entry.after) ?? nameIn(entry.before) ?? id;
  return (
    <span class="flex min-w-0 flex-col" title={id}>
      {href === null ? (
        <span class="break-all">{name}</span>
      ) : (
        <TextLink href={href} class="break-all">
          {name}
        </TextLink>
      )}
      <span class="text-xs text-muted">{kind}</span>
    </span>
  );
}

/** What the object called itself then. */
function nameIn(object: Json): string | null {
  if (!isJsonObject(object)) return null;
  const name = object["username"] ?? object["name"];
  return typeof name === "string" && name !== "" ? name : null;
}

function hrefOf({ object: { kind, id }, action, status }: AuditJson): string | null {
  const isGone = action === `${kind}.delete` && status < 400;
  if (isGone || NO_IDS.has(id)) return null;
  const page = PAGES[kind];
  return page === undefined ? (LISTS[kind] ?? null) : `${page}/${encodeURIComponent(id)}`;
}
