import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openNodeSqlite } from "../../src/adapters/node-sqlite.ts";
import { SqlQuotaBook } from "../../src/adapters/sql-quota-book.ts";
import { Refusal } from "../../src/core/refusal.ts";
import type { Directory } from "../../src/ports/directory.ts";
import type { QuotaKind } from "../../src/core/quota-entry.ts";
import type { QuotaBook, Quotas } from "../../src/ports/quotas.ts";
import { aJob, OpenApi, type Ask, type Got } from "../support/open-api.ts";

const API = "/api/v1";
const CREATORS = 64;
/** The rounds of a check that runs for long: `QUOTA_ROUNDS=1000`. */
const ROUNDS = Number(process.env["QUOTA_ROUNDS"] ?? 10);
const NAMESPACE = "team";
let open: OpenApi;
let token: string;

beforeEach(async () => {
  open = await OpenApi.start({ deps: await fastSettings() });
  await open.ask("POST", `${API}/namespaces`, { body: { name: NAMESPACE } });
  token = await open.newToken("admin", NAMESPACE);
});
afterEach(() => open.close());

async function fastSettings(): Promise<{ readonly settings: OpenApi["deps"]["settings"] }> {
  const plain = await OpenApi.start();
  await plain.close();
  return { settings: { ...plain.deps.settings, ratePerMinute: 10_000_000 } };
}

const ask = (method: string, path: string, how: Ask = {}): Promise<Got> =>
  open.ask(method, API + path, { token, ...how });

const newJob = (name: string, how: Ask = {}): Promise<Got> =>
  ask("POST", "/jobs", { ...how, body: aJob({ name }) });

async function setQuotas(quotas: Partial<Record<QuotaKind, number | null>>): Promise<void> {
  const got = await open.ask("PATCH", `${API}/namespaces/${NAMESPACE}`, { body: { quotas } });
  expect(got.status).toBe(200);
}

const statusesOf = (some: readonly Got[]): readonly number[] => some.map(({ status }) => status);
const countOf = (some: readonly Got[], status: number): number =>
  some.filter((got) => got.status === status).length;

/** How many jobs the shards really have. */
async function jobCount(): Promise<number> {
  await open.recordsCaughtUp();
  const { json } = await ask("GET", `/namespaces/${NAMESPACE}`);
  return json.usage.jobs;
}

/** Lets the directory say something else of namespaces, until what comes back is called. */
function standIn(namespace: Directory["namespace"]): () => void {
  const { directory } = open.deps;
  const known = Object.getOwnPropertyDescriptor(directory, "namespace") ?? {};
  Object.defineProperty(directory, "namespace", { ...known, value: namespace });
  return () => void Object.defineProperty(directory, "namespace", known);
}

describe("a quota", () => {
  it("costs nothing where there is none", async () => {
    const asked: string[] = [];
    const quotaBooks: Quotas = {
      of: (namespace): QuotaBook => {
        asked.push(namespace);
        throw new Error("no book is opened without a quota");
      },
    };
    const free = await OpenApi.start({ deps: { quotaBooks } });
    const made = await free.ask("POST", `${API}/jobs`, { body: aJob() });
    const gone = await free.ask("DELETE", `${API}/jobs/nightly-report`);
    await free.close();

    expect([made.status, gone.status, asked]).toEqual([201, 204, []]);
  });

  it("refuses what is one too many, and says who can raise it", async () => {
    await setQuotas({ jobs: 2 });
    const made = [await newJob("a"), await newJob("b"), await newJob("c")];
    const put = await ask("PUT", "/jobs/d", { body: aJob({ name: "d" }) });

    expect(statusesOf(made)).toEqual([201, 201, 429]);
    expect(put.status).toBe(429);
    expect(put.json).toMatchObject({ code: "quota.exceeded" });
    expect(put.json.detail).toContain("quotas.jobs");
    expect(put.json.hint).toContain("administrator of the instance");
    expect(put.headers.get("retry-after")).toBeNull();
  });

  it("leaves alone what is there: it is changed, replaced and made again under its key", async () => {
    await setQuotas({ jobs: 1 });
    const key = { headers: { "idempotency-key": "one" } };
    const made = [await newJob("a", key), await newJob("a", key), await newJob("a")];
    const put = await ask("PUT", "/jobs/a", { body: aJob({ name: "a", priority: 3 }) });
    const patched = await ask("PATCH", "/jobs/a", { body: { priority: 4 } });

    expect(statusesOf([...made, put, patched])).toEqual([201, 201, 409, 200, 200]);
    expect(await jobCount()).toBe(1);
  });

  it("is given back by what is deleted or refused", async () => {
    await setQuotas({ jobs: 1 });
    const never = { kind: "cron", cron: "0 0 30 2 *", timezone: "UTC" };
    const refused = await ask("POST", "/jobs", { body: aJob({ name: "n", schedule: never }) });
    const steps = [await newJob("a"), await newJob("b")];
    const gone = await ask("DELETE", "/jobs/a");
    const again = await newJob("b");
    const byId = await ask("DELETE", `/jobs/${again.json.id}`);
    const last = await newJob("c");

    expect(refused.status).toBe(422);
    expect(statusesOf(steps)).toEqual([201, 429]);
    expect(statusesOf([gone, again, byId, last])).toEqual([204, 201, 204, 201]);
  });

  it("counts what was there before it was set", async () => {
    await newJob("a");
    await newJob("b");
    await open.recordsCaughtUp();
    await setQuotas({ jobs: 2 });

    expect((await newJob("c")).status).toBe(429);
  });

  it("counts what the records did not know yet when it was set, a moment later", async () => {
    await setQuotas({ jobs: 3 });
    const first = await newJob("a");
    // As a process does that has not heard of the quota: it makes a job without counting it.
    const again = standIn(() => Promise.resolve(null));
    open.advance(6_000);
    const uncounted = await newJob("uncounted");
    again();
    await open.recordsCaughtUp();
    open.advance(15_000);
    const rest = [await newJob("b"), await newJob("c")];

    expect(statusesOf([first, uncounted, ...rest])).toEqual([201, 201, 201, 429]);
  });

  it("that is lowered deletes nothing, and that is raised or taken away lets more in", async () => {
    await setQuotas({ jobs: 3 });
    await Promise.all(["a", "b", "c"].map((name) => newJob(name)));
    await setQuotas({ jobs: 1 });
    const over = await newJob("d");
    const replaced = await ask("PUT", "/jobs/a", { body: aJob({ name: "a", priority: 2 }) });
    const kept = await jobCount();
    await setQuotas({ jobs: 4 });
    const raised = [await newJob("d"), await newJob("e")];
    await setQuotas({ jobs: null });
    const free = await newJob("e");

    expect([over.status, replaced.status, kept]).toEqual([429, 200, 3]);
    expect([...statusesOf(raised), free.status]).toEqual([201, 429, 201]);
  });

  it("bounds workflows and executors as well", async () => {
    await setQuotas({ workflows: 1, executors: 1 });
    const workflow = (name: string) =>
      ask("POST", "/workflows", { body: { name, steps: [{ name: "s", sleep: "1s" }] } });
    const executor = (appKey: string) =>
      ask("POST", "/executors", { body: { appKey, name: appKey, registration: "auto" } });
    const workflows = [await workflow("a"), await workflow("b")];
    const executors = [await executor("app-a"), await executor("app-b")];
    const gone = [await ask("DELETE", "/workflows/a"), await ask("DELETE", "/executors/app-a")];
    const again = [await workflow("b"), await executor("app-b")];

    expect(statusesOf([...workflows, ...executors])).toEqual([201, 429, 201, 429]);
    expect(statusesOf([...gone, ...again])).toEqual([204, 204, 201, 201]);
    expect((await ask("PUT", "/workflows/c", { body: { steps: [] } })).status).not.toBe(201);
  });

  it("of nothing lets nothing in", async () => {
    await setQuotas({ jobs: 0 });

    expect((await newJob("a")).status).toBe(429);
  });

  it("holds while the records are away", async () => {
    await setQuotas({ jobs: 1 });
    await newJob("a");
    const again = standIn(() => Promise.reject(new Refusal("records.unavailable", "away")));
    // Longer than anything is remembered.
    open.advance(86_400_000);
    const got = await newJob("b");
    again();

    expect(got).toMatchObject({ status: 429, json: { code: "quota.exceeded" } });
  });

  it("is exact with 64 who create at once at the limit", async () => {
    const limit = 10;
    await setQuotas({ jobs: limit });
    const found: unknown[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const names = Array.from({ length: CREATORS }, (_, i) => `job-${round}-${i}`);
      // oxlint-disable-next-line no-await-in-loop -- Round after round.
      const made = await Promise.all(names.map((name) => newJob(name)));
      found.push([countOf(made, 201), countOf(made, 429)]);
      const own = made.filter(({ status }) => status === 201);
      const drop = own.slice(round === ROUNDS - 1 ? limit : 0);
      // oxlint-disable-next-line no-await-in-loop
      await Promise.all(drop.map(({ json }) => ask("DELETE", `/jobs/${json.name}`)));
    }

    expect(found).toEqual(found.map(() => [limit, CREATORS - limit]));
    expect(await jobCount()).toBe(limit);
  });

  it("is exact with those who create and delete the same few names at once", async () => {
    await setQuotas({ jobs: 4 });
    for (let round = 0; round < ROUNDS; round++) {
      const names = Array.from({ length: CREATORS }, (_, i) => `job-${i % 8}`);
      // oxlint-disable-next-line no-await-in-loop -- Round after round.
      await Promise.all(
        names.map((name, i) => (i % 3 === 0 ? ask("DELETE", `/jobs/${name}`) : newJob(name))),
      );
      // oxlint-disable-next-line no-await-in-loop
      expect(await jobCount()).toBeLessThanOrEqual(4);
    }
    // Whatever is in doubt is looked at once it is a minute old.
    open.advance(61_000);
    const there = await jobCount();
    const more = [];
    for (let i = 0; i < 6; i++) {
      // oxlint-disable-next-line no-await-in-loop -- One after another.
      more.push(await newJob(`more-${i}`));
    }

    expect(countOf(more, 201)).toBe(4 - there);
    expect(await jobCount()).toBe(4);
  });
});

const of = (name: string) => ({ kind: "jobs", name }) as const;

describe("a quota book", () => {
  it("counts on after its process was killed between a reservation and what came of it", async () => {
    const sql = openNodeSqlite(":memory:");
    const rule = { version: 1, limit: 2 };
    const before = new SqlQuotaBook(sql, NAMESPACE);
    await before.begin(of("x"), rule, 0);
    await before.addFound({ kind: "jobs", version: 1, names: [], isLast: true }, 20_000);
    await before.begin(of("lost"), rule, 20_000);
    await before.begin(of("made"), rule, 20_000);
    await before.end(of("made"), "exists");

    const after = new SqlQuotaBook(sql, NAMESPACE);
    const early = await after.begin(of("new"), rule, 50_000);
    const late = await after.begin(of("new"), rule, 80_000);
    await after.looked({ ...of("lost"), seq: 1 }, false);
    const then = await after.begin(of("new"), rule, 80_000);
    sql.close();

    expect(early).toEqual({ state: "full", limit: 2, doubtful: [] });
    expect(late).toEqual({ state: "full", limit: 2, doubtful: [{ name: "lost", seq: 1 }] });
    expect(then).toEqual({ state: "held" });
  });
});
