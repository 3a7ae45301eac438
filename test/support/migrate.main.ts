import { migrate } from "../../src/adapters/migrate.ts";
import { openRecords } from "../../src/standalone/libsql-client.ts";
import { readMigrations } from "../../src/standalone/migrations.ts";

/** A process that opens the file of its argument, says so, and migrates it when it is told to. */
const file = process.argv[2] ?? "";
const migrations = await readMigrations();
const client = await openRecords({ kind: "file", path: file });
process.once("message", () => {
  void migrate(client, migrations).then((outcome) => process.send?.(outcome));
});
process.send?.("ready");
