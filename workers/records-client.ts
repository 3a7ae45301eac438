import type { Client, InArgs, InStatement, Replicated, Transaction } from "@libsql/client";
import { createClient } from "@libsql/client/web";
import { drizzle } from "drizzle-orm/libsql/web";
import type { RecordsDatabase } from "../src/adapters/libsql-database.ts";
import { fetchWithDeadline } from "../src/adapters/libsql-fetch.ts";

export interface RecordsPlace {
  readonly url: string;
  readonly token: string | null;
}

/** A drizzle database over `RecordsClient`. */
export function openDatabase(client: RecordsClient): RecordsDatabase {
  return drizzle(client);
}

/**
 * A libSQL client that lives as long as its isolate, and opens a client of its own for each operation.
 * A client must not serve two requests of a Worker: what it waits for belongs to the request that began
 * it (workers-sdk, pull request 2988). Making one costs nothing.
 */
export class RecordsClient implements Client {
  readonly closed = false;
  readonly protocol = "http";
  readonly #place: RecordsPlace;

  constructor(place: RecordsPlace) {
    this.#place = place;
  }

  execute(statement: InStatement): ReturnType<Client["execute"]>;
  execute(sql: string, args?: InArgs): ReturnType<Client["execute"]>;
  async execute(statement: InStatement, args?: InArgs): ReturnType<Client["execute"]> {
    const client = this.#open();
    return typeof statement === "string" && args !== undefined
      ? client.execute(statement, args)
      : client.execute(statement);
  }

  async batch(...[statements, mode]: Parameters<Client["batch"]>): ReturnType<Client["batch"]> {
    return this.#open().batch(statements, mode);
  }

  async migrate(statements: InStatement[]): ReturnType<Client["migrate"]> {
    return this.#open().migrate(statements);
  }

  async executeMultiple(sql: string): Promise<void> {
    return this.#open().executeMultiple(sql);
  }

  /** Interactive transactions cost a request for each statement and lock the database: nobody needs them. */
  transaction(): Promise<Transaction> {
    return Promise.reject(new Error("the records take batches, not interactive transactions"));
  }

  sync(): Promise<Replicated> {
    return Promise.reject(new Error("the records have no replica here"));
  }

  reconnect(): void {}

  close(): void {}

  #open(): Client {
    const { url, token } = this.#place;
    return createClient({
      url,
      ...(token === null ? {} : { authToken: token }),
      fetch: fetchWithDeadline,
    });
  }
}
