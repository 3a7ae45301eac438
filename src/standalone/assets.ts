import { readFile } from "node:fs/promises";

/** The files that the host serves beside the API, by path. */
const ASSETS: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "docs/rapidoc-min.js": {
    file: "rapidoc/dist/rapidoc-min.js",
    type: "text/javascript; charset=utf-8",
  },
};

/** Serves a named asset from the installed packages; null for anything else. Nothing of the path reaches the disk. */
export async function asset(path: string): Promise<Response | null> {
  const known = Object.hasOwn(ASSETS, path) ? ASSETS[path] : undefined;
  if (known === undefined) return null;
  const file = new URL(`../../node_modules/${known.file}`, import.meta.url);
  const bytes = await readFile(file);
  return new Response(new Uint8Array(bytes), {
    headers: { "content-type": known.type, "cache-control": "public, max-age=86400" },
  });
}
