import { readFile } from "node:fs/promises";
import type { Migration } from "../adapters/migrate.ts";
import { assert } from "../core/assert.ts";

/** The migrations of the records from `migrations/`, in the order of drizzle-kit's journal. */
export async function readMigrations(
  folder: URL = new URL("../../migrations/", import.meta.url),
): Promise<readonly Migration[]> {
  const text = await readFile(new URL("meta/_journal.json", folder), "utf8");
  const journal: unknown = JSON.parse(text);
  assert(isJournal(journal), "the journal of the migrations is as drizzle-kit writes it");
  return Promise.all(
    journal.entries.map(async ({ tag }) => ({
      tag,
      sql: await readFile(new URL(`${tag}.sql`, folder), "utf8"),
    })),
  );
}

function isJournal(
  value: unknown,
): value is { readonly entries: readonly { readonly tag: string }[] } {
  if (typeof value !== "object" || value === null || !("entries" in value)) return false;
  const { entries } = value;
  return Array.isArray(entries) && entries.every((entry: unknown) => hasTag(entry));
}

function hasTag(entry: unknown): boolean {
  return (
    typeof entry === "object" && entry !== null && "tag" in entry && typeof entry.tag === "string"
  );
}
