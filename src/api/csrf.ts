import type { Context } from "hono";
import { Refusal } from "../core/refusal.ts";
import type { ApiEnv } from "./api-deps.ts";
import type { RouteEntry } from "./routes.ts";

const JSON_TYPE = /^application\/json\s*(?:;.*)?$/i;
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const TAKES_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/**
 * Refuses what a page of somebody else may have sent with the cookie of our user: a change that does not come
 * from our own pages, or in a form that any page may send. Throws `csrf.refused`.
 */
export function refuseForeignChange(
  c: Context<ApiEnv>,
  entry: RouteEntry,
  publicOrigin: string,
): void {
  const { method } = c.req;
  if (SAFE.has(method)) return;
  if (!isFromOwnPage(c, publicOrigin)) throw foreign();
  if (!TAKES_BODY.has(method)) return;
  const type = c.req.header("content-type") ?? "";
  const isOther = type.split(";")[0]?.trim().toLowerCase() === entry.textType;
  if (JSON_TYPE.test(type) || isOther) return;
  throw new Refusal("csrf.refused", "With a session, a change is sent as application/json.", {
    hint: "Set Content-Type: application/json, though the body is empty.",
  });
}

/**
 * The same for routes that anybody may call, where a browser says that another page sent it. Programs say nothing.
 */
export function refuseForeignPage(c: Context<ApiEnv>, publicOrigin: string): void {
  const saysNothing =
    c.req.header("origin") === undefined && c.req.header("sec-fetch-site") === undefined;
  if (SAFE.has(c.req.method) || saysNothing || isFromOwnPage(c, publicOrigin)) return;
  throw foreign();
}

/** A browser never lies about either header, and a page cannot set them. */
function isFromOwnPage(c: Context<ApiEnv>, publicOrigin: string): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("origin");
  if (origin === undefined) return false;
  if (origin === publicOrigin) return true;
  const sent = URL.canParse(origin) ? new URL(origin) : null;
  if (sent === null || !/^https?:$/.test(sent.protocol)) return false;
  const own = new URL(c.req.url);
  // Before us there may be what ends TLS; nothing there makes a plain page out of an encrypted one.
  return sent.host === own.host && (sent.protocol === "https:" || own.protocol === "http:");
}

function foreign(): Refusal {
  return new Refusal("csrf.refused", "The request does not come from the dashboard's own pages.");
}
