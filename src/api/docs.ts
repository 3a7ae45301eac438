import { createRoute } from "@hono/zod-openapi";
import type { Json } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { BASE_PATH } from "./routes.ts";
import { jsonObjectOut, problemAnswers } from "./wire.ts";

const SPEC_PATH = "/openapi.json";
const VIEWER_PATH = "/docs/rapidoc-min.js";

/** Everything comes from this origin and nothing runs inline; the viewer styles itself in place. */
const DOCS_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tickwheel API</title>
<script type="module" src="${VIEWER_PATH}"></script>
</head>
<body>
<rapi-doc spec-url="${SPEC_PATH}" load-fonts="false" show-header="false" render-style="read"
  allow-authentication="true" allow-server-selection="false" schema-style="table"></rapi-doc>
<noscript>The description of the API is at <a href="${SPEC_PATH}">${SPEC_PATH}</a>.</noscript>
</body>
</html>
`;

const spec = createRoute({
  method: "get",
  path: SPEC_PATH,
  summary: "The description of this API (OpenAPI 3.1)",
  security: [],
  responses: {
    200: {
      description: "The document.",
      content: { "application/json": { schema: jsonObjectOut } },
    },
    ...problemAnswers,
  },
});

/** The description of the API, and the page that shows it without asking any other host. */
export function addDocs(api: Api, deps: ApiDeps): void {
  const describe = documentOnce(api, deps.settings.version);
  api.openapi(spec, (c) => c.json(describe(), 200));
  api.get(`${BASE_PATH}${SPEC_PATH}`, (c) => c.json(describe(), 200));
  for (const path of ["/docs", `${BASE_PATH}/docs`])
    api.get(path, (c) => c.html(PAGE, 200, { "Content-Security-Policy": DOCS_CSP }));
  api.get(VIEWER_PATH, async () => {
    const found = await deps.asset(VIEWER_PATH.slice(1));
    if (found === null) throw new Refusal("route.unknown", "This host has no viewer to serve.");
    const headers = new Headers(found.headers);
    headers.set("Content-Type", "text/javascript; charset=utf-8");
    headers.set("Cache-Control", "public, max-age=3600");
    return new Response(found.body, { status: found.status, headers });
  });
}

/** The document: made when it is first asked for, since every route must be there by then. */
function documentOnce(api: Api, version: string): () => { readonly [field: string]: Json } {
  let made: { readonly [field: string]: Json } | null = null;
  return () => {
    made ??= documentOf(api, version);
    return made;
  };
}

function documentOf(api: Api, version: string): { readonly [field: string]: Json } {
  const document = api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Tickwheel",
      version,
      description: "An HTTP scheduler: jobs, their ticks and runs, and the executors they call.",
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
  });
  for (const [path, operations] of Object.entries(document.paths ?? {}))
    for (const operation of Object.values(operations))
      if (typeof operation === "object" && "responses" in operation) operation.tags = [tagOf(path)];
  return jsonObjectOut.parse(document);
}

/** Operations are shown in groups: by the noun that their path begins with. */
function tagOf(path: string): string {
  if (!path.startsWith(`${BASE_PATH}/`)) return "operations";
  return path.slice(BASE_PATH.length + 1).split("/")[0] ?? "operations";
}
