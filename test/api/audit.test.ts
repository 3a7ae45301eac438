import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setImmediate as nextTurn } from "node:timers/promises";
import { aJob, OpenApi, type Ask, type Got } from "../support/open-api.ts";
import { eventually } from "../support/eventually.ts";
import { newExecutor } from "../support/exec-call.ts";
import { aWorkflow } from "../support/workflow-api.ts";
import { loggedIn, openAudited, PASSWORD } from "../support/audit-drivers.ts";

const AUDIT = "/api/v1/audit";
const JOB = "/api/v1/jobs/nightly-report";
let open: OpenApi;

beforeEach(async () => {
  open = await openAudited();
});
afterEach(() => open.close());

/** Does it, and sees to it that it succeeds. */
async function done(method: string, path: string, ask: Ask = {}): Promise<Got["json"]> {
  const got = await open.ask(method, path, ask);
  expect(got.status, got.text).toBeLessThan(300);
  return got.json;
}

async function listed(query = ""): Promise<Got["json"]> {
  await open.recordsCaughtUp();
  return done("GET", `${AUDIT}${query}`);
}

async function actions(query = ""): Promise<readonly string[]> {
  return actionsOf((await listed(query)).items);
}

function actionsOf(items: Got["json"]): readonly string[] {
  return items.map((item: { readonly action: string }) => item.action);
}

describe("the audit log", () => {
  it("shows who changed what from which to what, and which parts differ", async () => {
    await done("POST", "/api/v1/jobs", { body: aJob() });
    const { id } = await done("GET", JOB);
    const token = await open.newToken("write");
    const headers = { "x-request-id": "request-1" };
    await done("PATCH", `/api/v1/jobs/${id}`, { token, headers, body: { priority: 7 } });

    const { items } = await listed();

    expect(items[0]).toMatchObject({
      seq: 3,
      at: new Date(open.nowMs).toISOString(),
      actor: { kind: "token", name: "write of default" },
      action: "job.patch",
      method: "PATCH",
      path: `/api/v1/jobs/${id}`,
      status: 200,
      object: { kind: "job", id: "nightly-report" },
      before: { name: "nightly-report", priority: 0, version: 1 },
      after: { name: "nightly-report", priority: 7, version: 2 },
      changed: ["/priority"],
      address: "192.0.2.1",
      requestId: "request-1",
    });
    expect(items[0].prevHash).toBe(items[1].hash);
    expect(await done("GET", `${AUDIT}/3`)).toEqual(items[0]);
    expect(await open.ask("GET", `${AUDIT}/4`)).toMatchObject({
      status: 404,
      json: { code: "audit.unknown" },
    });
  });

  it("has nothing of what was refused, repeated, or only tried", async () => {
    const headers = { "idempotency-key": "once" };
    await done("POST", "/api/v1/jobs", { body: aJob(), headers });
    await done("POST", "/api/v1/calendars", { body: { name: "office" } });
    const viewer = await open.newToken("read");
    const before = await actions();
    const refusals = [
      await open.ask("POST", "/api/v1/jobs", { body: aJob() }),
      await open.ask("PUT", JOB, { body: aJob(), headers: { "if-match": '"9"' } }),
      await open.ask("PATCH", JOB, { body: { priority: "high" } }),
      await open.ask("DELETE", JOB, { token: viewer }),
      await open.ask("DELETE", JOB, { token: null }),
      await open.ask("POST", "/api/v1/jobs/nobody/pause", { body: {} }),
      await open.ask("POST", "/api/v1/jobs", { text: "{" }),
    ];
    expect(refusals.every(({ status }) => status >= 400)).toBe(true);
    await done("POST", "/api/v1/jobs", { body: aJob(), headers });
    await done("GET", JOB);
    await done("POST", "/api/v1/schedules/preview", { body: { schedule: { kind: "manual" } } });
    await done("PUT", "/api/v1/calendars/office?dryRun=true", { body: { weekdays: [1] } });
    await done("DELETE", "/api/v1/calendars/office?dryRun=true");
    const filter = { job: "nightly-report" };
    await done("POST", "/api/v1/runs/bulk", { body: { action: "cancel", filter, dryRun: true } });

    expect(await actions()).toEqual(before);
  });

  it("notes a refused login once a minute for an account, and never what was typed", async () => {
    const login = (username: string): Promise<Got> =>
      open.ask("POST", "/api/v1/login", { token: null, body: { username, password: "canary-pw" } });

    const got = await login("Mallory");
    await login("mallory");
    await login("hunter2 is my password");
    open.advance(60_000);
    await login("mallory");

    expect(got).toMatchObject({ status: 401, json: { code: "login.failed" } });
    const { items } = await listed();
    const seen = items.map((item: Got["json"]) => [item.action, item.object.id, item.status]);
    expect(seen).toEqual([
      ["login.refused", "mallory", 401],
      ["login.refused", "?", 401],
      ["login.refused", "mallory", 401],
    ]);
  });

  it("is told apart by kind, object, actor, action and time, in pages", async () => {
    await done("POST", "/api/v1/jobs", { body: aJob() });
    const token = await open.newToken("write");
    open.advance(60_000);
    const middle = new Date(open.nowMs).toISOString();
    await done("PATCH", JOB, { token, body: { priority: 7 } });
    await done("POST", `${JOB}/pause`, { body: {} });
    open.advance(60_000);
    const late = new Date(open.nowMs).toISOString();
    await done("POST", "/api/v1/workflows", { body: aWorkflow() });

    const all = ["workflow.create", "job.pause", "job.patch", "token.create", "job.create"];
    expect(await actions()).toEqual(all);
    expect(await actions("?kind=job&object=nightly-report")).toEqual([all[1], all[2], all[4]]);
    expect(await actions("?kind=token")).toEqual([all[3]]);
    expect(await actions("?actor=write%20of%20default")).toEqual([all[2]]);
    expect(await actions("?action=job.pause&actor=bootstrap")).toEqual([all[1]]);
    expect(await actions(`?from=${middle}&to=${late}`)).toEqual([all[1], all[2]]);
    expect(await actions(`?from=${middle}&kind=job&action=job.patch`)).toEqual([all[2]]);
    for (const query of ["?limit=2", `?limit=2&to=${late}`, "?limit=2&kind=job"]) {
      // oxlint-disable-next-line no-await-in-loop -- Page after page.
      const first = await listed(query);
      // oxlint-disable-next-line no-await-in-loop
      const next = await listed(`${query}&cursor=${first.nextCursor}`);
      const seqs = [...first.items, ...next.items].map((item: Got["json"]) => item.seq);
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => b - a));
      expect(seqs.length).toBeGreaterThanOrEqual(3);
    }
    expect(await open.ask("GET", `${AUDIT}?cursor=x`)).toMatchObject({ status: 400 });
  });

  it("belongs to a namespace, and is for who administers it", async () => {
    await done("POST", "/api/v1/namespaces", { body: { name: "team-a" } });
    const other = await open.newToken("admin", "team-a");
    await done("POST", "/api/v1/jobs", { body: aJob(), token: other });
    await open.recordsCaughtUp();

    const seen = await open.ask("GET", AUDIT, { token: other });
    const refused = await open.ask("GET", AUDIT, { token: await open.newToken("write") });

    expect(seen.json.items).toMatchObject([{ seq: 1, action: "job.create" }]);
    expect(refused.status).toBe(403);
  });

  it("keeps what is larger than 64 KiB as a mark of it, and says what differs all the same", async () => {
    const steps = Array.from({ length: 400 }, (_, i) => ({
      name: `s${i}`,
      run: { url: `https://example.com/${"x".repeat(200)}` },
    }));
    await done("POST", "/api/v1/workflows", { body: aWorkflow({ steps }) });
    const changed = steps.with(7, { name: "s7", run: { url: "https://example.com/new" } });
    await done("PUT", "/api/v1/workflows/etl", { body: aWorkflow({ steps: changed }) });

    const { items } = await listed();

    expect(items[0]).toMatchObject({ before: { truncated: true }, after: { truncated: true } });
    expect(items[0].changed).toEqual(["/steps/7/run/url"]);
  });

  it("knows no secret", async () => {
    const canary = "canary-0123456789";
    const target = {
      kind: "webhook",
      url: `https://example.com/hook?api_key=${canary}`,
      headers: { Authorization: `Bearer ${canary}`, "X-Api-Key": canary, Accept: "text/plain" },
    };
    const params = {
      password: canary,
      deep: [{ "client-secret": canary }],
      note: `tw_${"a".repeat(43)}`,
    };
    await done("PUT", JOB, { body: aJob({ target, params }) });
    await done("PATCH", JOB, { body: { priority: 9 } });
    const { appSecret } = await newExecutor(open);
    const { next } = await done("POST", "/api/v1/executors/orders/secrets");
    const token = await open.newToken("admin");
    const signing = await done("POST", "/api/v1/namespaces/default/signing-secret");
    const headers = await loggedIn(open);
    const user = { username: "ada", password: `${canary} ada`, role: "viewer" };
    await done("POST", "/api/v1/users", { body: user });
    await done("PUT", "/api/v1/me/password", {
      token: null,
      headers,
      body: { current: PASSWORD, next: `${canary} next` },
    });
    await done("DELETE", JOB);
    await open.recordsCaughtUp();

    const links = await open.deps.auditReader.chain("default", 1, 1_000);
    const text = JSON.stringify(links);

    expect(links).toHaveLength(10);
    const secrets = [
      canary,
      PASSWORD,
      token,
      next.appSecret,
      signing.secret,
      appSecret,
      "a".repeat(43),
    ];
    expect(secrets.filter((known) => typeof known !== "string" || known.length < 10)).toEqual([]);
    expect(secrets.filter((known) => text.includes(known))).toEqual([]);
    expect(text).toContain('"Accept":"text/plain"');
  });

  it("keeps the host awake from before the change until it is written, whoever hangs up", async () => {
    await open.close();
    const kept: Promise<void>[] = [];
    const { promise: isWritten, resolve: write } = Promise.withResolvers<void>();
    open = await OpenApi.start({
      deps: {
        audit: { append: () => isWritten },
        waitUntil: (work) => void kept.push(work),
      },
    });
    const asked = open.ask("POST", "/api/v1/jobs", { body: aJob() });
    await eventually("the host is kept awake", () => kept.length > 0 || undefined);
    let isAsleep = false;
    const asleep = Promise.all(kept).then(() => (isAsleep = true));
    await nextTurn();
    const wasAsleep = isAsleep;
    write();
    await asleep;

    expect(wasAsleep).toBe(false);
    expect((await asked).status).toBe(201);
  });

  it("is no reason to refuse what was done when it cannot be written", async () => {
    await open.close();
    const audit = { append: () => Promise.reject(new Error("the disk is full")) };
    open = await OpenApi.start({ deps: { audit } });

    await done("POST", "/api/v1/jobs", { body: aJob() });

    expect(open.log.find(({ event }) => event === "audit.failed")).toMatchObject({
      level: "error",
      fields: { action: "job.create" },
    });
  });
});

describe("GET /audit/export", () => {
  it("is a file whose lines no name can break, and no spreadsheet computes", async () => {
    const names = [
      '=HYPERLINK("https://x")',
      "+1",
      "-1",
      "@a",
      "\t=1",
      "a\nb\r\n,c\u001b[31m\u202e",
    ];
    for (const name of names) {
      const body = { name, scopes: ["write"] };
      // oxlint-disable-next-line no-await-in-loop -- In this order.
      const { token } = await done("POST", "/api/v1/tokens", { body });
      // oxlint-disable-next-line no-await-in-loop
      await done("PUT", JOB, { body: aJob(), token });
    }
    await open.recordsCaughtUp();

    const got = await open.ask("GET", `${AUDIT}/export?kind=job`);

    expect(got.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(got.headers.get("content-disposition")).toBe('attachment; filename="audit-default.csv"');
    expect(got.headers.get("x-content-type-options")).toBe("nosniff");
    const lines = got.text.split("\r\n");
    expect(lines).toHaveLength(names.length + 2);
    const actors = lines
      .slice(1, -1)
      .map((line) => /^"\d+","[^"]*","token","[^"]*",(".*?"),"job\./.exec(line)?.[1]);
    expect(actors.toReversed()).toEqual([
      `"'=HYPERLINK(""https://x"")"`,
      `"'+1"`,
      `"'-1"`,
      `"'@a"`,
      `"'\\u0009=1"`,
      `"a\\u000ab\\u000d\\u000a,c\\u001b[31m\\u202e"`,
    ]);
  });
});

describe("GET /audit/verify", () => {
  it("hashes the chain, from the beginning or from a place in it", async () => {
    await done("PUT", JOB, { body: aJob() });
    await done("PUT", JOB, { body: aJob({ priority: 3 }) });
    const { items } = await listed();

    const whole = await done("GET", `${AUDIT}/verify`);
    const rest = await done("GET", `${AUDIT}/verify?fromSeq=2`);
    const beyond = await done("GET", `${AUDIT}/verify?fromSeq=4`);

    const headHash = items[0].hash;
    expect(whole).toEqual({ ok: true, entries: 2, brokenAt: null, headHash, nextSeq: null });
    expect(rest).toEqual({ ok: true, entries: 1, brokenAt: null, headHash, nextSeq: null });
    expect(beyond).toMatchObject({ ok: false, entries: 0, brokenAt: 3 });
  });
});

describe("GET /history/{kind}/{object}", () => {
  it("finds what was done to an object by its id and by its name, also when it is gone", async () => {
    const { id } = await done("POST", "/api/v1/jobs", { body: aJob() });
    await done("POST", `/api/v1/jobs/${id}/pause`, { body: {} });
    await done("POST", `/api/v1/jobs/${id}/runs?overlap=allow`, { body: {} });
    await newExecutor(open);
    await done("PATCH", "/api/v1/executors/orders", { body: { name: "Orders" } });
    const token = await open.newToken("read");
    await open.recordsCaughtUp();
    const history = async (path: string): Promise<Got["json"]> =>
      (await done("GET", `/api/v1/history/${path}`, { token })).items;

    const byId = await history(`job/${id}`);
    const byName = await history("job/nightly-report");
    await done("DELETE", `/api/v1/jobs/${id}`);
    await open.recordsCaughtUp();
    const gone = await history("job/nightly-report");

    expect(actionsOf(byId)).toEqual(["job.run", "job.pause", "job.create"]);
    expect(byName).toEqual(byId);
    expect(actionsOf(gone)).toEqual(["job.delete", ...actionsOf(byId)]);
    expect(Object.keys(gone[0])).not.toContain("address");
    expect(actionsOf(await history("executor/orders"))).toEqual([
      "executor.patch",
      "executor.create",
    ]);
    expect((await open.ask("GET", "/api/v1/history/token/x", { token })).status).toBe(400);
  });
});
