import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limitRuleOf } from "../../src/api/executor-limit-rules.ts";
import { ROUTES } from "../../src/api/routes.ts";
import { askRoute, ID_ROUTES, nameOfRoute, saidBy } from "../support/id-routes.ts";
import { aJob, OpenApi, type Ask, type Got } from "../support/open-api.ts";
import { absentObjects, tenantObjects, type Named } from "../support/tenant-objects.ts";

const API = "/api/v1";
const OWN = "app-own";
const OTHER = "app-other";

let open: OpenApi;
let own: Named;
let other: Named;
let absent: Named;
/** An editor and an admin who are limited to one executor. */
let editor: string;
let admin: string;

const ask = (method: string, path: string, how: Ask = {}): Promise<Got> =>
  open.ask(method, API + path, { token: editor, ...how });

/** As `editor`, with a body. */
const send = (method: string, path: string, body: unknown): Promise<Got> =>
  ask(method, path, { body });

const targetOf = (executor: string) => ({ kind: "executor", executor, handler: "h" });

const ownJob = (name: string, priority: number) => aJob({ name, target: targetOf(OWN), priority });

async function limitedToken(scope: string): Promise<string> {
  const body = { name: `limited ${scope}`, scopes: [scope], executors: [OWN] };
  return (await open.ask("POST", `${API}/tokens`, { body })).json.token;
}

beforeAll(async () => {
  const plain = await OpenApi.start();
  await plain.close();
  const settings = { ...plain.deps.settings, ratePerMinute: 100_000 };
  open = await OpenApi.start({ deps: { settings } });
  const token = await open.newToken("admin");
  const place = { open, token, namespace: "default" };
  own = await tenantObjects({ ...place, appKey: OWN, prefix: "own-" });
  other = await tenantObjects({ ...place, appKey: OTHER, prefix: "other-" });
  absent = absentObjects(other);
  await open.ask("POST", `${API}/jobs`, { body: aJob({ name: "a-webhook" }) });
  const workflow = { kind: "workflow", workflow: "own-workflow" };
  await open.ask("POST", `${API}/jobs`, { body: aJob({ name: "a-starter", target: workflow }) });
  editor = await limitedToken("write");
  admin = await limitedToken("admin");
  await open.recordsCaughtUp();
});
afterAll(() => open.close());

/** Sockets are refused as they open; calendars may be read by everybody; accounts and tokens have rights of their own; a namespace is one's own. */
const NOT_OF_EXECUTORS = /live$|^GET \/(calendars|namespaces|users)|^\w+ \/(users|tokens)\//;

describe("whoever is limited to named executors", () => {
  const cases = ID_ROUTES.filter((entry) => !NOT_OF_EXECUTORS.test(nameOfRoute(entry)));

  it.each(cases.map((entry) => [nameOfRoute(entry), entry] as const))(
    "is told nothing by %s of an object of another executor",
    async (_, entry) => {
      const nothing = await askRoute(open, entry, { objects: absent, token: admin });
      const got = await askRoute(open, entry, { objects: other, token: admin });

      expect([403, 404]).toContain(got.status);
      if (got.status === 404)
        expect(saidBy(entry, got, other)).toEqual(saidBy(entry, nothing, absent));
      else expect(got.json.code).toBe("permission.denied");
    },
  );

  it("finds each route that names a job, a run or an executor bound to it", () => {
    const loose = ID_ROUTES.filter(({ path }) => /\{(job|run|appKey)\}/.test(path)).filter(
      (entry) => !["job", "run", "executor"].includes(limitRuleOf(entry)),
    );
    const unthought = { ...ROUTES[0], path: `${API}/new/{thing}`, access: "viewer" } as const;

    expect(loose.map(nameOfRoute)).toEqual([]);
    expect(limitRuleOf({ ...unthought, method: "GET", ...FLAGS })).toBe("refused");
  });

  it("handles the jobs, runs and nodes of its executors as others do", async () => {
    const job = `/jobs/${own["job"]}`;
    const node = `/executors/${OWN}/nodes/${own["node"]}`;
    const done = [
      await ask("GET", job),
      await ask("GET", `${job}/ticks`),
      await ask("GET", `${job}/backfills/${own["backfill"]}`),
      await send("PATCH", job, { priority: 3 }),
      await send("POST", `${job}/pause`, {}),
      await send("POST", `${job}/resume`, {}),
      await ask("GET", `/runs/${own["run"]}`),
      await ask("GET", `/runs/${own["run"]}/logs`),
      await ask("GET", `/executors/${OWN}`),
      await send("PATCH", node, { weight: 3 }),
      await ask("GET", "/calendars/own-calendar"),
      await send("POST", "/schedules/simulate", {
        job: "own-job",
        from: "2026-11-21T00:00:00Z",
        to: "2026-11-21T04:00:00Z",
      }),
    ];

    expect(done.map(({ status }) => status)).toEqual(done.map(() => 200));
  });

  it("lists only what belongs to its executors", async () => {
    const jobs = await ask("GET", "/jobs");
    const runs = await ask("GET", "/runs");
    const executors = await ask("GET", "/executors");
    const dead = await ask("GET", "/dead-letters");
    const foreign = await ask("GET", `/runs?job=${other["job"]}`);
    const byParent = await ask("GET", `/runs?backfill=${other["backfill"]}`);

    expect(jobs.json.items.map(({ name }: { name: string }) => name)).toEqual(["own-job"]);
    expect(jobs.json.nextCursor).toBeNull();
    expect(runs.json.items.length).toBeGreaterThan(0);
    expect(new Set(runs.json.items.map(({ jobId }: { jobId: string }) => jobId))).toEqual(
      new Set([own["job"]]),
    );
    expect(executors.json.items.map((item: { appKey: string }) => item.appKey)).toEqual([OWN]);
    expect([dead, foreign, byParent].map(({ json }) => json)).toEqual(
      [1, 2, 3].map(() => ({ items: [], nextCursor: null })),
    );
  });

  it.each([
    ["a webhook", aJob()["target"]],
    ["a workflow", { kind: "workflow", workflow: "own-workflow" }],
    ["another executor", targetOf(OTHER)],
  ])("makes no job for %s, nor turns one into it", async (_, target) => {
    const made = await send("POST", "/jobs", aJob({ name: "new-job", target }));
    const put = await send("PUT", "/jobs/new-job", aJob({ name: "new-job", target }));
    const patched = await send("PATCH", "/jobs/own-job", { target });
    const replaced = await send("PUT", "/jobs/own-job", aJob({ name: "own-job", target }));
    const read = await ask("GET", "/jobs/own-job");

    for (const got of [made, put, patched, replaced])
      expect(got).toMatchObject({
        status: 403,
        json: { code: "permission.denied", errors: [{ pointer: "/target" }] },
      });
    expect(read.json.target.executor).toBe(OWN);
  });

  it("makes, replaces and deletes jobs of its executors, and takes no name of another", async () => {
    const made = await send("PUT", "/jobs/mine", ownJob("mine", 1));
    const replaced = await send("PUT", "/jobs/mine", ownJob("mine", 2));
    const stale = await ask("PUT", "/jobs/mine", {
      body: ownJob("mine", 3),
      headers: { "if-match": '"1"' },
    });
    const taken = await send("PUT", "/jobs/other-job", ownJob("other-job", 1));
    const gone = await ask("DELETE", "/jobs/mine");

    expect([made, replaced, stale, taken, gone].map(({ status }) => status)).toEqual([
      201, 200, 412, 403, 204,
    ]);
    const still = await open.ask("GET", `${API}/jobs/other-job`);
    expect(still.json.target.executor).toBe(OTHER);
  });

  it("makes no executor but one of its own", async () => {
    const made = await send("POST", "/executors", {
      appKey: "third",
      name: "Third",
      registration: "auto",
    });
    const unnamed = await send("POST", "/executors", { name: "Third", registration: "auto" });

    expect([made.status, unnamed.status]).toEqual([403, 403]);
  });

  it.each([
    ["POST", "/workflows", { name: "w", steps: [{ name: "a", sleep: "1s" }] }],
    ["POST", "/events", { name: "paid" }],
    ["POST", "/live/tickets", undefined],
    ["GET", "/workflows", undefined],
    ["GET", "/workflow-runs", undefined],
    ["POST", "/calendars", { name: "c" }],
  ])("is refused %s %s", async (method, path, body) => {
    const got = await ask(method, path, body === undefined ? {} : { body });

    expect(got).toMatchObject({ status: 403, json: { code: "permission.denied" } });
  });

  it.each(["/live", `/workflow-runs/wr_${"0".repeat(34)}/live`])(
    "is refused to watch at %s",
    async (path) => {
      const headers = { upgrade: "websocket" };
      const got = await ask("GET", path, { headers });

      expect(got).toMatchObject({ status: 403, json: { code: "permission.denied" } });
    },
  );

  it("is refused the metrics and the audit log, which are of everybody", async () => {
    const metrics = await open.ask("GET", "/metrics", { token: editor });
    const audit = await open.ask("GET", `${API}/audit`, { token: admin });

    expect([metrics.status, audit.status]).toEqual([403, 403]);
  });

  it("acts on many runs without touching those of another executor", async () => {
    const foreign = await open.ask("POST", `${API}/jobs/other-job/runs?overlap=allow`);
    await open.recordsCaughtUp();
    const ids = [foreign.json.id, other["run"]];
    const byIds = await send("POST", "/runs/bulk", { action: "cancel", filter: { ids } });
    const dry = await send("POST", "/runs/bulk", {
      action: "cancel",
      filter: { ids },
      dryRun: true,
    });
    const byState = await send("POST", "/runs/bulk", {
      action: "cancel",
      filter: { job: "other-job" },
    });
    const still = await open.ask("GET", `${API}/runs/${foreign.json.id}`);

    expect(byIds.json).toMatchObject({ done: 0, failed: [{ code: "run.unknown" }, {}] });
    expect(dry.json).toMatchObject({ matched: 0, sample: [] });
    expect(byState.json).toMatchObject({ matched: 0, done: 0 });
    expect(still.json.state).not.toBe("canceled");
  });

  it("sees runs by what they were told to do, whatever their job is now", async () => {
    const body = aJob({ name: "moving", target: targetOf(OTHER) });
    await open.ask("POST", `${API}/jobs`, { body });
    const then = await open.ask("POST", `${API}/jobs/moving/runs`);
    await open.ask("PATCH", `${API}/jobs/moving`, { body: { target: targetOf(OWN) } });
    await open.recordsCaughtUp();

    const job = await ask("GET", "/jobs/moving");
    const paused = await send("POST", "/jobs/moving/pause", {});
    const run = await ask("GET", `/runs/${then.json.id}`);
    const listed = await ask("GET", "/runs?job=moving");

    expect([job.status, run.status]).toEqual([200, 404]);
    expect(job.json).toMatchObject({ lastRun: null, lastRuns: [] });
    expect(paused.json.lastRun).toBeUndefined();
    expect(listed.json.items).toEqual([]);
  });

  it("knows what is in its namespace only as far as its executors go", async () => {
    const { json } = await ask("GET", "/namespaces/default");

    expect(json.usage).toMatchObject({ workflows: 0, executors: 1 });
    expect(json.usage.jobs).toBeLessThan(4);
  });

  it("makes tokens with its own executors at most, and sees no others", async () => {
    const make = (executors: readonly string[] | null) =>
      open.ask("POST", `${API}/tokens`, {
        token: admin,
        body: { name: "t", scopes: ["read"], executors },
      });
    const [same, wider, unsaid] = [await make([OWN]), await make([OWN, OTHER]), await make(null)];
    const seen = await open.ask("GET", `${API}/tokens`, { token: admin });
    const foreign = await open.ask("GET", `${API}/tokens/${other["token"]}`, { token: admin });
    const revoked = await open.ask("DELETE", `${API}/tokens/${other["token"]}`, { token: admin });

    expect([same.status, wider.status, unsaid.status]).toEqual([201, 403, 201]);
    expect(wider.json.errors[0].pointer).toBe("/executors");
    expect(unsaid.json).toMatchObject({ executors: [OWN], createdBy: "limited admin" });
    for (const { executors } of seen.json.items) expect(executors).toEqual([OWN]);
    expect([foreign.json.code, revoked.json.code]).toEqual(["token.unknown", "token.unknown"]);
  });
});

const FLAGS = { bodyBytesMax: 0, isDescribed: true, isAudited: false, rate: "ordinary" } as const;
