import { ROUTES, type RouteEntry } from "../../src/api/routes.ts";
import type { Got, OpenApi } from "./open-api.ts";
import { BODIES, FIXED, type Named } from "./tenant-objects.ts";

const BASE = "/api/v1";
/** Routes under a name that a caller gives: it makes an object of its own by it. */
const NAMING: ReadonlySet<string> = new Set([
  "PUT /jobs/{name}",
  "PUT /workflows/{name}",
  "PUT /calendars/{name}",
]);

/** Every line of the table whose path names an object, and who is let in by a token. */
export const ID_ROUTES: readonly RouteEntry[] = ROUTES.filter(
  (entry) => entry.isDescribed && /\{\w+\}/.test(entry.path) && !NAMING.has(nameOfRoute(entry)),
);

export function nameOfRoute({ method, path }: Pick<RouteEntry, "method" | "path">): string {
  return `${method} ${path.replace(BASE, "")}`;
}

/** The parameters of a path, in their order. */
export function parametersOf({ path }: Pick<RouteEntry, "path">): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
}

/** The path with the objects in it; throws for a parameter that nobody has thought of. */
export function pathWith({ path }: Pick<RouteEntry, "path">, objects: Named): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const id = objects[name];
    if (id === undefined) throw new Error(`nothing is known that {${name}} could name`);
    return encodeURIComponent(id);
  });
}

/** Sends what the route takes; throws for one that takes a body that nobody has thought of. */
export function askRoute(
  open: OpenApi,
  entry: RouteEntry,
  by: { readonly objects: Named; readonly token: string },
): Promise<Got> {
  const name = nameOfRoute(entry);
  if (entry.bodyBytesMax > 0 && !(name in BODIES)) throw new Error(`${name} has no body to send`);
  const body = BODIES[name];
  const ask = body === undefined ? { token: by.token } : { token: by.token, body };
  return open.ask(entry.method, pathWith(entry, by.objects), ask);
}

/** What an answer says, apart from the ids that were asked for and what differs from request to request. */
export function saidBy(entry: RouteEntry, { status, text, headers }: Got, objects: Named): unknown {
  let body = text.replace(/"requestId":"[^"]*"/, "");
  for (const name of parametersOf(entry)) {
    if (!(name in FIXED)) body = body.replaceAll(objects[name] ?? "", `{${name}}`);
  }
  return { status, body, type: headers.get("content-type"), etag: headers.get("etag") };
}
