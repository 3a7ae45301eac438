import type { Context } from "hono";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps, ApiEnv } from "./api-deps.ts";
import { PAGES } from "./pages.ts";

const NONCE_BYTES = 16;
const NONCE_PLACE = "%NONCE%";
const ASSET = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+$/;
const YEAR_SECONDS = 31_536_000;

/**
 * Everything comes from this origin, and nothing runs or is styled inline but the one style element that
 * keeps the page from scrolling behind a dialog, which has the nonce.
 */
function policyWith(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/**
 * The dashboard: every address of `PAGES` answers with the one page, and its script and styles come from
 * `/assets`, under names that change with their content.
 */
export function addDashboard(api: Api, deps: ApiDeps): void {
  const page = async (c: Context<ApiEnv>): Promise<Response> => {
    const found = await deps.asset("index.html");
    if (found === null)
      throw new Refusal("route.unknown", "This host was started without the dashboard.", {
        hint: "Make it with: npm run build:web",
      });
    const nonce = Buffer.from(deps.secretBytes(NONCE_BYTES)).toString("base64url");
    const html = (await found.text()).replace(NONCE_PLACE, nonce);
    return c.html(html, 200, { "Content-Security-Policy": policyWith(nonce) });
  };
  for (const path of PAGES) api.get(path.replaceAll(/\{(\w+)\}/g, ":$1"), page);

  api.get("/assets/:file", async (c) => {
    const file = c.req.param("file");
    const found = ASSET.test(file) ? await deps.asset(`assets/${file}`) : null;
    if (found === null) throw new Refusal("route.unknown", "There is no such file.");
    const headers = new Headers(found.headers);
    headers.set("Cache-Control", `public, max-age=${YEAR_SECONDS}, immutable`);
    return new Response(found.body, { status: 200, headers });
  });
}
