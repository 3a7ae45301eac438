// Puts what is served beside the API into web/dist: the dashboard, and the viewer of the API's description.
// It runs before the server starts, before the tests, and before Wrangler bundles, with whatever Node is
// installed; so it is plain JavaScript. When nothing has changed, it does nothing.
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = fileURLToPath(new URL("./", import.meta.url));
const dist = join(web, "dist");
const require = createRequire(import.meta.url);
const rapidoc = dirname(require.resolve("rapidoc/dist/rapidoc-min.js"));

const wanted = await fingerprint();
if ((await readFile(join(dist, "fingerprint"), "utf8").catch(() => "")) !== wanted) await build();

/** Changes with every source of the dashboard and with every package it may be made of. */
async function fingerprint() {
  const hash = createHash("sha256");
  // The words of schedules come from the core of the server.
  const folders = [join(web, "src"), join(web, "../src/core")];
  const options = { recursive: true, withFileTypes: true };
  const sources = await Promise.all(folders.map((folder) => readdir(folder, options)));
  const files = sources
    .flat()
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const others = ["index.html", "vite.config.ts", "build.mjs", "../package-lock.json"];
  const all = [...files, ...others.map((name) => join(web, name))].toSorted();
  const contents = await Promise.all(all.map((file) => readFile(file)));
  for (const [place, file] of all.entries())
    hash.update(`${file.slice(web.length)}\0`).update(contents[place]);
  return hash.digest("hex");
}

/** Builds beside the old one and takes its place at the end: a host that starts meanwhile finds one whole. */
async function build() {
  const { build: viteBuild } = await import("vite");
  const made = join(web, `dist.${process.pid}`);
  await viteBuild({
    configFile: join(web, "vite.config.ts"),
    logLevel: "warn",
    build: { outDir: made },
  });
  await mkdir(join(made, "docs"), { recursive: true });
  const viewer = ["rapidoc-min.js", "rapidoc-min.js.LICENSE.txt"];
  await Promise.all(viewer.map((name) => cp(join(rapidoc, name), join(made, "docs", name))));
  await writeFile(join(made, "fingerprint"), wanted);
  await rm(dist, { recursive: true, force: true });
  try {
    await rename(made, dist);
  } catch {
    // Another build was quicker.
    await rm(made, { recursive: true, force: true });
  }
}
