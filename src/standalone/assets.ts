import { readFile, readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const gzipped = promisify(gzip);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
const DIST = new URL("../../web/dist/", import.meta.url);
const FOLDERS = ["", "docs/", "assets/"] as const;

interface Asset {
  readonly file: URL;
  readonly type: string;
  bytes: Uint8Array<ArrayBuffer> | null;
  /** The same, compressed once it was asked for so. */
  zipped: Uint8Array<ArrayBuffer> | null;
}

let known: Promise<ReadonlyMap<string, Asset>> | null = null;

/**
 * Serves a file of `web/dist` that was there when the first one was asked for; null for anything else. Nothing
 * of the path reaches the disk.
 */
export async function asset(path: string): Promise<Response | null> {
  known ??= listed();
  const found = (await known).get(path);
  if (found === undefined) return null;
  found.bytes ??= new Uint8Array(await readFile(found.file));
  return new Response(found.bytes, {
    headers: { "content-type": found.type, "cache-control": "public, max-age=86400" },
  });
}

/**
 * The answer to a request for an asset, compressed where the caller takes that; every other answer as it is.
 * Cloudflare compresses by itself, so this is the standalone host's.
 */
export async function compressed(request: Request, response: Response): Promise<Response> {
  if (response.status !== 200 || !takesGzip(request)) return response;
  known ??= listed();
  const found = (await known).get(new URL(request.url).pathname.slice(1));
  const bytes = found?.bytes ?? null;
  if (found === undefined || bytes === null) return response;
  found.zipped ??= new Uint8Array(await gzipped(bytes));
  const headers = new Headers(response.headers);
  headers.set("content-encoding", "gzip");
  headers.append("vary", "Accept-Encoding");
  await response.body?.cancel();
  return new Response(found.zipped, { status: 200, headers });
}

function takesGzip({ method, headers }: Request): boolean {
  return method === "GET" && /\bgzip\b/.test(headers.get("accept-encoding") ?? "");
}

async function listed(): Promise<ReadonlyMap<string, Asset>> {
  const lists = await Promise.all(FOLDERS.map(assetsIn));
  return new Map(lists.flat());
}

async function assetsIn(folder: string): Promise<readonly (readonly [string, Asset])[]> {
  const names = await readdir(new URL(folder, DIST)).catch(() => []);
  return names.flatMap((name) => {
    const type = TYPES[name.slice(name.lastIndexOf(".") + 1)];
    if (type === undefined) return [];
    return [
      [
        `${folder}${name}`,
        { file: new URL(`${folder}${name}`, DIST), type, bytes: null, zipped: null },
      ],
    ];
  });
}
