import { pathToFileURL } from "node:url";
import { createClient } from "@libsql/client";
import type { Client } from "@libsql/client";
import { fetchWithDeadline } from "../adapters/libsql-fetch.ts";

/**
 * How long a statement waits for another process that holds the file; nothing else runs meanwhile.
 */
const BUSY_WAIT_MS = 2_000;

/** Where the records are: a file of this process, or a libSQL server. */
export type RecordsPlace =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "server"; readonly url: string; readonly token: string | null };

/** Opens the records. Throws what the client throws for a file or a URL that cannot be used. */
export async function openRecords(place: RecordsPlace): Promise<Client> {
  if (place.kind === "server") {
    const token = place.token === null ? {} : { authToken: place.token };
    return createClient({ url: place.url, ...token, fetch: fetchWithDeadline });
  }
  const url = place.path === ":memory:" ? place.path : pathToFileURL(place.path).href;
  const client = createClient({ url, timeout: BUSY_WAIT_MS });
  // The file remembers this. Readers and the writer then do not wait for each other.
  await client.execute("pragma journal_mode = wal");
  return client;
}
