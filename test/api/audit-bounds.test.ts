import { createHash } from "node:crypto";
import { drizzle } from "drizzle-orm/libsql";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LibsqlAudit } from "../../src/adapters/libsql-audit.ts";
import { LibsqlAuditReader } from "../../src/adapters/libsql-audit-reader.ts";
import { chained, NO_ENTRIES, type ChainHead } from "../../src/core/audit-chain.ts";
import type { AuditText } from "../../src/ports/audit.ts";
import { OpenApi } from "../support/open-api.ts";
import { openMemoryRecords, type OpenedRecords } from "../support/open-records.ts";
import { anAuditNote } from "../support/an-audit-note.ts";

const ENTRIES = 23_000;
const BATCH = 500;
/** Requests that a Worker may send for one that it got. */
const SUBREQUESTS_MAX = 50;
/** Of which who asks takes some: a token, its namespace. */
const SPARE = 5;
const note = anAuditNote();
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
let records: OpenedRecords;
let open: OpenApi;
let asked = 0;

beforeAll(async () => {
  records = await openMemoryRecords();
  const audit = new LibsqlAudit(records.database);
  let head: ChainHead = NO_ENTRIES;
  let batch: AuditText[] = [];
  for (let i = 1; i <= ENTRIES; i++) {
    const hung = chained(note, head, sha256);
    head = hung.entry;
    batch.push(hung);
    if (batch.length < BATCH && i < ENTRIES) continue;
    await audit.add(batch);
    batch = [];
  }
  const { client } = records;
  const execute = client.execute.bind(client);
  client.execute = (...statement: Parameters<typeof execute>) => {
    asked++;
    return execute(...statement);
  };
  const auditReader = new LibsqlAuditReader(drizzle(client));
  open = await OpenApi.start({ deps: { auditReader } });
});
beforeEach(() => {
  asked = 0;
});
afterAll(async () => {
  await open.close();
  await records.close();
});

describe("a long chain, with no more requests than a Worker may send", () => {
  it("is verified piece by piece", async () => {
    let fromSeq: number | null = 1;
    let entries = 0;
    while (fromSeq !== null) {
      asked = 0;
      const got = await open.ask("GET", `/api/v1/audit/verify?fromSeq=${fromSeq}`);
      expect(got.json).toMatchObject({ ok: true, brokenAt: null });
      expect(asked).toBeLessThanOrEqual(SUBREQUESTS_MAX - SPARE);
      entries += got.json.entries;
      fromSeq = got.json.nextSeq;
    }

    expect(entries).toBe(ENTRIES);
  });

  it("is exported up to its limit, and says that there is more", async () => {
    const got = await open.ask("GET", "/api/v1/audit/export");
    const lines = got.text.trimEnd().split("\r\n");

    expect(asked).toBeLessThanOrEqual(SUBREQUESTS_MAX - SPARE);
    expect(lines).toHaveLength(1 + 10_000 + 1);
    expect(lines.at(-1)).toContain("more than 10000 entries");
  });
});
