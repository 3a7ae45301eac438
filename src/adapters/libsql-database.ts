import type { Client } from "@libsql/client";
import type { LibSQLDatabase } from "drizzle-orm/libsql";

/**
 * A drizzle database over libSQL. The host makes it, because the client differs: `drizzle-
 * orm/libsql` with a file or a server on Node, Bun and Deno, `drizzle-orm/libsql/web` on Workers.
 */
export type RecordsDatabase = LibSQLDatabase & { readonly $client: Client };
