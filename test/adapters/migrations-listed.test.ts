import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readMigrations } from "../../src/standalone/migrations.ts";

const ROOT = new URL("../../", import.meta.url);

test("the journal and the Worker's bundle list exactly the files of migrations/", async () => {
  const names = await readdir(new URL("migrations/", ROOT));
  const tags = names
    .filter((name) => name.endsWith(".sql"))
    .map((name) => name.slice(0, -".sql".length))
    .toSorted();
  const source = await readFile(new URL("workers/migrations.ts", ROOT), "utf8");
  const imported = new Map(
    Array.from(source.matchAll(/^import (\w+) from "\.\.\/migrations\/(.+)\.sql";$/gm), (match) => [
      match[1],
      match[2],
    ]),
  );
  const bundled = Array.from(source.matchAll(/\{ tag: "([^"]+)", sql: (\w+) \}/g));

  expect((await readMigrations()).map(({ tag }) => tag)).toEqual(tags);
  expect(bundled.map((match) => match[1])).toEqual(tags);
  expect(bundled.map((match) => imported.get(match[2]))).toEqual(tags);
});
