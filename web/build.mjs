// Puts the files that are served beside the API into web/dist. Wrangler runs it before it bundles, with
// whatever Node is installed, so it is plain JavaScript.
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("./dist/", import.meta.url));
const rapidoc = dirname(createRequire(import.meta.url).resolve("rapidoc/dist/rapidoc-min.js"));

await mkdir(join(dist, "docs"), { recursive: true });
await Promise.all(
  ["rapidoc-min.js", "rapidoc-min.js.LICENSE.txt"].map((name) =>
    copyIfOther(join(rapidoc, name), join(dist, "docs", name)),
  ),
);

/** Wrangler watches the folder: a file that is the same must not look new. */
async function copyIfOther(from, to) {
  const wanted = await readFile(from);
  const there = await readFile(to).catch(() => null);
  if (there?.equals(wanted)) return;
  await copyFile(from, to);
}
