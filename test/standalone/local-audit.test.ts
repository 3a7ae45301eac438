import { join } from "node:path";
import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LibsqlAudit } from "../../src/adapters/libsql-audit.ts";
import { LibsqlAuditReader } from "../../src/adapters/libsql-audit-reader.ts";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { verifyChain } from "../../src/api/audit-verify.ts";
import type { AuditNote, AuditRecords } from "../../src/ports/audit.ts";
import { LocalAudit } from "../../src/standalone/local-audit.ts";
import { eventually } from "../support/eventually.ts";
import { openMemoryRecords, type OpenedRecords } from "../support/open-records.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { anAuditNote } from "../support/an-audit-note.ts";

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/** The real records, which can be taken away. */
class Reachable implements AuditRecords {
  isAway = false;
  tries = 0;
  readonly #records: AuditRecords;

  constructor(records: AuditRecords) {
    this.#records = records;
  }

  async add(entries: Parameters<AuditRecords["add"]>[0]): ReturnType<AuditRecords["add"]> {
    this.tries++;
    return this.isAway ? null : this.#records.add(entries);
  }

  async head(namespace: string): ReturnType<AuditRecords["head"]> {
    this.tries++;
    if (this.isAway) throw new Error("the records are away");
    return this.#records.head(namespace);
  }
}

let records: OpenedRecords;
let reachable: Reachable;
let reader: LibsqlAuditReader;
let folder: string;
let audit: LocalAudit;

beforeEach(async () => {
  records = await openMemoryRecords();
  reachable = new Reachable(new LibsqlAudit(records.database));
  reader = new LibsqlAuditReader(records.database);
  folder = scratchFolder();
  audit = open();
});
afterEach(async () => {
  await audit.stop(0);
  await audit.close();
  await records.close();
});

function open(name = "audit.sqlite"): LocalAudit {
  const clock = { nowMs: () => Date.now() };
  return new LocalAudit({ path: join(folder, name), records: reachable, log: SILENT, clock });
}

/** Ends the writer. One that is killed leaves the same file: what it had stored, and told nobody. */
async function end({ isKilled }: { readonly isKilled: boolean }): Promise<void> {
  reachable.isAway ||= isKilled;
  await audit.stop(0);
  await audit.close();
  reachable.isAway = false;
}

/** The writer of the next process. */
function restart(): void {
  audit = open();
  audit.start();
}

function aNote(id: string, changes: Partial<AuditNote> = {}): AuditNote {
  return anAuditNote({ object: { kind: "job", id }, ...changes });
}

function settled(writer = audit): Promise<true> {
  return eventually("the records have all", () => writer.isSettled || undefined);
}

async function stored(namespace = "default"): Promise<readonly (string | undefined)[]> {
  const links = await reader.chain(namespace, 1, 10_000);
  expect(await verifyChain(reader, namespace, 1)).toMatchObject({ brokenAt: null });
  return links.map(({ entry }) => entry?.object.id);
}

const numbered = (count: number, from = 1): readonly string[] =>
  Array.from({ length: count }, (_, i) => String(from + i));

describe("the writer of the audit log", () => {
  it("gives each namespace its own chain, in the order of the notes", async () => {
    const notes = numbered(300).map((id) =>
      aNote(id, { namespace: Number(id) % 3 === 0 ? "other" : "default" }),
    );

    await Promise.all(notes.map((note) => audit.append(note)));
    await settled();

    expect(await stored("other")).toEqual(numbered(300).filter((id) => Number(id) % 3 === 0));
    expect(await stored()).toEqual(numbered(300).filter((id) => Number(id) % 3 !== 0));
  });

  it("keeps nothing but the newest entry once the records have all", async () => {
    await Promise.all(numbered(50).map((id) => audit.append(aNote(id))));
    await settled();
    await end({ isKilled: false });

    const sql = openNodeSqlite(join(folder, "audit.sqlite"));
    const kept = sql.all("select seq from entries union all select id from notes");
    sql.close();
    audit = open();

    expect(kept).toEqual([{ seq: 50 }]);
  });

  it("tells after its restart what it had stored when it was killed", async () => {
    await audit.append(aNote("1"));
    await settled();
    await Promise.all(numbered(5, 2).map((id) => audit.append(aNote(id))));
    await end({ isKilled: true });
    expect(await stored()).toEqual(["1"]);

    restart();
    await settled();
    await audit.append(aNote("7"));
    await settled();

    expect(await stored()).toEqual(numbered(7));
  });

  it("takes notes while the records are away, also of namespaces that it does not know", async () => {
    await audit.append(aNote("1"));
    await settled();
    reachable.isAway = true;
    await Promise.all(numbered(400, 2).map((id) => audit.append(aNote(id))));
    await Promise.all(numbered(5).map((id) => audit.append(aNote(id, { namespace: "new" }))));
    const tries = reachable.tries;
    await eventually("they are asked", () => reachable.tries > tries || undefined);
    expect(await stored()).toEqual(["1"]);

    reachable.isAway = false;
    await settled();

    expect(await stored()).toEqual(numbered(401));
    expect(await stored("new")).toEqual(numbered(5));
  });

  it("keeps what waits for the head of its chain through a restart", async () => {
    reachable.isAway = true;
    await audit.append(aNote("1"));
    await end({ isKilled: true });

    restart();
    await audit.append(aNote("2"));
    await settled();

    expect(await stored()).toEqual(["1", "2"]);
  });

  it("goes on behind what the records have when its file is lost", async () => {
    await Promise.all(numbered(3).map((id) => audit.append(aNote(id))));
    await settled();
    await end({ isKilled: false });
    for (const suffix of ["", "-wal", "-shm"])
      rmSync(join(folder, `audit.sqlite${suffix}`), { force: true });

    restart();
    await Promise.all(numbered(3, 4).map((id) => audit.append(aNote(id))));
    await settled();

    expect(await stored()).toEqual(numbered(6));
  });

  it("hangs its entries behind a longer chain of the records, as after an old file came back", async () => {
    const old = open("old.sqlite");
    await old.append(aNote("1"));
    await settled(old);
    await old.stop(0);
    await old.close();
    // The file that stays in place knows nothing of what another went on with.
    await Promise.all(numbered(3, 2).map((id) => audit.append(aNote(id))));
    await settled();
    await end({ isKilled: false });

    audit = open("old.sqlite");
    await Promise.all(numbered(2, 5).map((id) => audit.append(aNote(id))));
    await settled();

    expect(await stored()).toEqual(numbered(6));
  });

  it("does not write twice what the records took though their answer was lost", async () => {
    const taken = new LibsqlAudit(records.database);
    await audit.append(aNote("1"));
    await settled();
    await Promise.all(numbered(3, 2).map((id) => audit.append(aNote(id))));
    await end({ isKilled: true });
    const sql = openNodeSqlite(join(folder, "audit.sqlite"));
    const rows = sql.all("select body from entries order by seq");
    sql.close();
    await taken.add(
      rows.map(({ body }) => {
        const text = typeof body === "string" ? body : "";
        return { entry: JSON.parse(text), text };
      }),
    );

    restart();
    await settled();

    expect(await stored()).toEqual(numbered(4));
  });
});

describe("the stored chain", () => {
  it("is found broken by any changed byte of an entry", async () => {
    const name = "na\u0000me \u202e\ud800 \u001b[31m\nline";
    const object = { kind: "job", id: name };
    const actor = { kind: "token", id: "tok_1", name } as const;
    const after = { text: name, list: [1.5e300, -1, { deep: null }] };
    const note = aNote("2", { object, actor, after, address: "192.0.2.1", changed: ["/text"] });
    await audit.append(aNote("1"));
    await audit.append(note);
    await audit.append(aNote("3"));
    await settled();
    expect(await verifyChain(reader, "default", 1)).toMatchObject({ entries: 3, brokenAt: null });
    const sql = "select body, at_ms, actor, action, object_kind, object from audit where seq = 2";
    const { columns, rows } = await records.client.execute(sql);
    const missed: string[] = [];
    const set = (column: string, value: Value): Promise<unknown> =>
      records.client.execute({
        sql: `update audit set ${column} = ? where seq = 2`,
        args: [value],
      });

    for (const column of columns) {
      const value = valueOf(rows[0]?.[column]);
      for (const other of othersOf(value)) {
        // oxlint-disable no-await-in-loop -- There is one row to change.
        await set(column, other);
        const found = await verifyChain(reader, "default", 1);
        if (found.brokenAt !== 2 || found.entries !== 1) missed.push(`${column} = ${other}`);
        await reader.entries({ ...EVERYTHING, namespace: "default" });
      }
      await set(column, value);
      // oxlint-enable no-await-in-loop
    }

    expect(missed).toEqual([]);
    expect(await verifyChain(reader, "default", 1)).toMatchObject({ entries: 3, brokenAt: null });
  });
});

const EVERYTHING = {
  objectKind: null,
  object: null,
  actor: null,
  action: null,
  fromMs: null,
  toMs: null,
  limit: 10,
  beforeSeq: null,
} as const;

type Value = string | number;

function valueOf(value: unknown): Value {
  if (typeof value === "string" || typeof value === "number") return value;
  throw new Error("the columns hold texts and numbers");
}

/** The value with each of its bytes changed in turn. */
function othersOf(value: Value): readonly Value[] {
  if (typeof value === "number") return [value + 1, value - 1, -value];
  const bytes = new TextEncoder().encode(value);
  return Array.from(bytes, (byte, at) => new TextDecoder().decode(bytes.with(at, byte ^ 1)));
}
