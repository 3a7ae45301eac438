import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../web/src/kit/json-pointer.ts";
import { allChanges, isCut, toldChanges, wholeSides } from "../../web/src/history/entry-changes.ts";
import { restorable } from "../../web/src/history/restorable.ts";
import type { RestorableObject } from "../../web/src/history/restorable-object.ts";
import { calendarRules, isCalendar } from "../../web/src/pages/calendar/calendar-rules.ts";
import { restorableExecutor } from "../../web/src/pages/executors/executor-definition.ts";

const NODE = { address: "https://a.example.com", weight: 1, tags: [], concurrency: null };
const EXECUTOR: JsonObject = {
  appKey: "ledger",
  name: "Ledger",
  registration: "manual",
  concurrency: null,
  nodeConcurrency: 2,
  nodes: [
    { ...NODE, address: "https://b.example.com", lastBeatAt: "2026-01-01T00:00:00.000Z" },
    { ...NODE, errorRate: 0.5 },
  ],
  version: 3,
  updatedAt: "2026-01-01T00:00:00.000Z",
};
const executor = restorableExecutor("ledger");

function headers(key: string): JsonObject {
  return { "X-Api-Key": key, Accept: "text/plain" };
}

describe("the changes of an entry", () => {
  test("are those of the definition, and not of what changes by itself", () => {
    const after = { ...EXECUTOR, concurrency: 5, version: 4, nodes: [NODE] };

    const { changes, hidden } = toldChanges({ before: EXECUTOR, after, changed: [] }, executor);

    expect(changes.map(({ pointer }) => pointer)).toEqual(["/concurrency", "/nodes"]);
    expect(hidden).toEqual([]);
  });

  test("name the places whose values the log hides", () => {
    const before: JsonObject = { target: { headers: { "X-Api-Key": "[redacted]" } }, version: 1 };
    const after: JsonObject = { ...before, version: 2, lastRuns: [] };
    const changed = ["/lastRuns", "/target/headers/X-Api-Key", "/version"];
    const job: RestorableObject = {
      ...executor,
      isWhole: () => true,
      definition: ({ target = null }) => ({ target }),
    };

    expect(toldChanges({ before, after, changed }, job)).toEqual({
      changes: [],
      hidden: ["/target/headers/X-Api-Key"],
    });
    expect(allChanges({ before, after, changed }).hidden).toEqual(["/target/headers/X-Api-Key"]);
  });

  test("of an object that is too large are places alone, and nothing of it can be restored", () => {
    const cut = { before: { truncated: true }, after: { truncated: true }, changed: ["/nodes/7"] };

    expect(isCut(cut)).toBe(true);
    expect(toldChanges(cut, executor)).toEqual({ changes: [], hidden: ["/nodes/7"] });
    expect(wholeSides(cut, executor.isWhole)).toEqual([]);
  });

  test("say nothing of bookkeeping", () => {
    const before = { name: "a", version: 1, updatedAt: "1", etag: '"1"' };
    const after = { name: "b", version: 2, updatedAt: "2", etag: '"2"' };

    expect(allChanges({ before, after, changed: ["/name"] }).changes).toEqual([
      { pointer: "/name", before: "a", after: "b" },
    ]);
  });

  test("an answer in brief is no whole definition", () => {
    const brief = { before: null, after: { id: "n1", wish: "disabled" } };

    expect(wholeSides(brief, executor.isWhole)).toEqual([]);
    expect(wholeSides({ before: null, after: EXECUTOR }, executor.isWhole)).toEqual([
      { side: "after", object: EXECUTOR },
    ]);
  });
});

describe("what is put back", () => {
  test("of an executor is what its PATCH takes, with nodes only where they are listed", () => {
    const body = executor.definition(EXECUTOR);

    expect(executor.request(body, '"3"')).toEqual({
      method: "PATCH",
      path: "/executors/ledger",
      ifMatch: '"3"',
      body: {
        name: "Ledger",
        concurrency: null,
        nodeConcurrency: 2,
        nodes: [NODE, { ...NODE, address: "https://b.example.com" }],
      },
    });
    expect(executor.definition({ ...EXECUTOR, registration: "auto" })).not.toHaveProperty("nodes");
  });

  test("of a calendar are its rules", () => {
    const rules = {
      description: "",
      weekdays: [1],
      include: [],
      exclude: [],
      allOf: [],
      anyOf: [],
      knownUntil: null,
    };
    const calendar = { name: "office", version: 2, etag: '"2"', ...rules };

    expect(isCalendar(calendar)).toBe(true);
    expect(calendarRules(calendar)).toEqual(rules);
  });

  test("keeps the secrets of the present object and says where", () => {
    const present = { url: "https://new.example.com", headers: headers("s3cret") };
    const old = { url: "https://old.example.com", headers: headers("[redacted]") };

    expect(restorable(old, present)).toEqual({
      body: { url: "https://old.example.com", headers: headers("s3cret") },
      kept: ["/headers/X-Api-Key"],
    });
  });
});
