import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { createHash } from "node:crypto";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { assert } from "../../src/core/assert.ts";
import { NO_ENTRIES, walkChain } from "../../src/core/audit-chain.ts";
import type { AuditEntry, AuditNote } from "../../src/ports/audit.ts";
import { auditName, auditStub, DurableAudit } from "../../workers/audit-rpc.ts";
import { TestAuditObject } from "./host.ts";
import { DEPLOYMENT } from "./shard-fixture.ts";
import { anAuditNote } from "../support/an-audit-note.ts";

const WAIT = { timeout: 10_000, interval: 20 };

function aNote(namespace: string, id: string): AuditNote {
  const after = { list: [1, { a: null }] };
  return anAuditNote({ namespace, object: { kind: "job", id }, after });
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const trail = new DurableAudit(env, DEPLOYMENT);
const stubOf = (namespace: string): DurableObjectStub => env.AUDIT.getByName(auditName(namespace));

function inside<T>(
  namespace: string,
  look: (object: TestAuditObject, state: DurableObjectState) => T,
): Promise<T> {
  return runInDurableObject(stubOf(namespace), (object, state) => {
    assert(object instanceof TestAuditObject, "wrangler.toml binds the name to this class");
    return look(object, state);
  });
}

/** What the records have, along its chain, which must hold. */
function recorded(namespace: string): readonly string[] {
  const entries: readonly AuditEntry[] = TestAuditObject.entries.get(namespace) ?? [];
  const links = entries.map((entry) => ({ seq: entry.seq, entry }));
  expect(walkChain(NO_ENTRIES, links, sha256).brokenAt).toBeNull();
  return entries.map(({ object }) => object.id);
}

test("notes become a chain in the records", async () => {
  await Promise.all(["1", "2", "3"].map((id) => trail.append(aNote("chained", id))));

  await vi.waitFor(() => expect(recorded("chained")).toEqual(["1", "2", "3"]), WAIT);
});

test("an eviction loses no note, and the alarm tells it", async () => {
  await trail.append(aNote("evicted", "1"));
  await vi.waitFor(() => expect(recorded("evicted")).toHaveLength(1), WAIT);
  await inside("evicted", (object) => (object.areRecordsAway = true));
  await trail.append(aNote("evicted", "2"));
  await evictDurableObject(stubOf("evicted"));

  expect(recorded("evicted")).toEqual(["1"]);
  const alarmMs = await inside("evicted", (_, { storage }) => storage.getAlarm());
  expect(alarmMs).toBeGreaterThan(Date.now());
  await runDurableObjectAlarm(stubOf("evicted"));
  await trail.append(aNote("evicted", "3"));

  await vi.waitFor(() => expect(recorded("evicted")).toEqual(["1", "2", "3"]), WAIT);
});

test("an object that lost its storage goes on behind the records", async () => {
  await trail.append(aNote("lost", "1"));
  await vi.waitFor(() => expect(recorded("lost")).toHaveLength(1), WAIT);
  await inside("lost", (_, { storage }) => storage.deleteAll());
  await inside("lost", (_, state) => state.abort("the object is lost")).catch(() => {
    // An object that is aborted does not answer.
  });

  await trail.append(aNote("lost", "2"));

  await vi.waitFor(() => expect(recorded("lost")).toEqual(["1", "2"]), WAIT);
});

test("an object that nobody wrote to keeps nothing, and no alarm", async () => {
  await auditStub(env, "empty").watchdog();

  const tables = await inside("empty", (_, { storage }) =>
    storage.sql.exec("select name from sqlite_master where type = 'table'").toArray(),
  );
  expect(tables).toEqual([]);
  expect(await inside("empty", (_, { storage }) => storage.getAlarm())).toBeNull();
});

test("once the records have all, the object sleeps", async () => {
  await trail.append(aNote("asleep", "1"));
  await vi.waitFor(() => expect(recorded("asleep")).toHaveLength(1), WAIT);
  await runDurableObjectAlarm(stubOf("asleep"));

  expect(await inside("asleep", (_, { storage }) => storage.getAlarm())).toBeNull();
});

test("the log refuses notes of another deployment", async () => {
  await trail.append(aNote("owned", "1"));
  const other = { ...DEPLOYMENT, id: "dep_other" };

  let message = "";
  try {
    await auditStub(env, "owned").append(other, aNote("owned", "2"));
  } catch (error) {
    message = String(error);
  }

  expect(message).toContain("belongs to deployment dep_test");
});
