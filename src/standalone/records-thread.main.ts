import { parentPort, workerData } from "node:worker_threads";
import { LibsqlError, type ResultSet } from "@libsql/client";
import { openRecords } from "./libsql-client.ts";
import type { ThreadAnswer, ThreadOrder, ThreadResult } from "./records-thread.ts";

const client = openRecords({ kind: "file", path: String(workerData) });
// A failure to open is told to whoever asks first.
client.catch(() => {});

parentPort?.on("message", (order: ThreadOrder) => {
  // A thread has no origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  void answerTo(order).then((answer) => parentPort?.postMessage(answer));
});

async function answerTo({ id, statements }: ThreadOrder): Promise<ThreadAnswer> {
  try {
    const results = await (await client).batch([...statements], "write");
    return { id, ok: true, results: results.map(plain) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, ok: false, message, code: error instanceof LibsqlError ? error.code : "" };
  }
}

/** Only plain values cross from thread to thread. */
function plain(result: ResultSet): ThreadResult {
  const { columns, columnTypes, rowsAffected, lastInsertRowid } = result;
  const rows = result.rows.map((row) => Array.from({ length: columns.length }, (_, i) => row[i]));
  return { columns, columnTypes, rows, rowsAffected, lastInsertRowid };
}
