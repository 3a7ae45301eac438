import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TokenScope } from "../../src/ports/directory.ts";
import { askRoute, ID_ROUTES, nameOfRoute, parametersOf, saidBy } from "../support/id-routes.ts";
import { OpenApi } from "../support/open-api.ts";
import { absentObjects, BODIES, tenantObjects, type Named } from "../support/tenant-objects.ts";

const SCOPES: readonly TokenScope[] = ["read", "operate", "write", "admin"];
const RATE = 100_000;

/** Routes that answer for what there is not, too: what they say must be the same. */
const ALWAYS_ANSWERED: Readonly<Record<string, number>> = {
  // It speaks WebSocket only, and shows what its own namespace tells.
  "GET /workflow-runs/{workflowRun}/live": 426,
  // What is gone has a history too; what never was has an empty one.
  "GET /history/{kind}/{object}": 200,
};

let open: OpenApi;
let foreign: Named;
let absent: Named;
let deleted: Named;
const tokens = new Map<TokenScope, string>();

async function tokenOf(namespace: string, scope: TokenScope): Promise<string> {
  return open.newToken(scope, namespace);
}

/** What the caller's own namespace had once. */
async function deletedObjects(token: string): Promise<Named> {
  const own = await tenantObjects({
    open,
    token,
    namespace: "tenant-b",
    appKey: "own-b",
    prefix: "b-",
  });
  const drop = (path: string) => open.ask("DELETE", `/api/v1${path}`, { token });
  await open.ask("POST", `/api/v1/runs/${own["run"]}/cancel`, { token });
  const gone = [
    await drop(`/jobs/${own["job"]}?running=cancel`),
    await drop(`/calendars/${own["calendar"]}`),
    await drop(`/workflows/${own["workflow"]}?running=cancel`),
    await drop(`/users/${own["user"]}`),
  ];
  await open.recordsCaughtUp();
  gone.push(await drop(`/executors/${own["appKey"]}`));
  expect(gone.map(({ status }) => status)).toEqual([204, 200, 204, 204, 204]);
  // A workflow's versions stay for those who know its id; what its name says is gone.
  return { ...own, workflow: "b-workflow" };
}

/** All that the other tenant has, as its own admin sees it. */
async function everythingOf(token: string, objects: Named): Promise<unknown> {
  const paths = [
    "jobs",
    "runs",
    "workflows",
    "workflow-runs",
    "executors",
    "calendars",
    "tokens",
    "users",
    `jobs/${objects["job"]}/backfills`,
    `jobs/${objects["job"]}`,
    `runs/${objects["run"]}`,
    `workflow-runs/${objects["workflowRun"]}`,
    `executors/${objects["appKey"]}/nodes`,
    "namespaces",
  ];
  const found: unknown[] = [];
  for (const path of paths) {
    // oxlint-disable-next-line no-await-in-loop -- One after another, in one order.
    const { json } = await open.ask("GET", `/api/v1/${path}`, { token });
    found.push(json);
  }
  return JSON.parse(JSON.stringify(found).replaceAll(/"(lastUsedAt|seenAt)":"[^"]*"/g, '"$1":0'));
}

beforeAll(async () => {
  const plain = await OpenApi.start();
  await plain.close();
  const settings = { ...plain.deps.settings, ratePerMinute: RATE };
  open = await OpenApi.start({ deps: { settings } });
  const token = await tokenOf("tenant-a", "admin");
  foreign = await tenantObjects({
    open,
    token,
    namespace: "tenant-a",
    appKey: "app-a",
    prefix: "a-",
  });
  for (const scope of SCOPES) {
    // oxlint-disable-next-line no-await-in-loop -- Few, and in order.
    tokens.set(scope, await tokenOf("tenant-b", scope));
  }
  deleted = await deletedObjects(tokens.get("admin") ?? "");
  absent = absentObjects(foreign);
});
afterAll(() => open.close());

describe("a route that names an object", () => {
  it("has a body to be driven with, and objects to name", () => {
    const parameters = new Set(ID_ROUTES.flatMap(parametersOf));
    const sending = ID_ROUTES.filter(({ bodyBytesMax }) => bodyBytesMax > 0).map(nameOfRoute);

    expect([...parameters].filter((name) => foreign[name] === undefined)).toEqual([]);
    expect(sending.toSorted()).toEqual(Object.keys(BODIES).toSorted());
  });

  const cases = ID_ROUTES.flatMap((entry) =>
    SCOPES.map((scope) => [nameOfRoute(entry), scope, entry] as const),
  );

  it.each(cases)("%s tells %s of another namespace nothing of it", async (name, scope, entry) => {
    const token = tokens.get(scope) ?? "";
    const nothing = await askRoute(open, entry, { objects: absent, token });
    const other = await askRoute(open, entry, { objects: foreign, token });

    expect(saidBy(entry, other, foreign)).toEqual(saidBy(entry, nothing, absent));
    expect([403, ALWAYS_ANSWERED[name] ?? 404]).toContain(other.status);
    if (scope === "admin" && entry.access !== "instance" && entry.access !== "session")
      expect(other.status).toBe(ALWAYS_ANSWERED[name] ?? 404);
  });

  it.each(ID_ROUTES.map((entry) => [nameOfRoute(entry), entry] as const))(
    "%s knows nothing of what was deleted, and of what is no id",
    async (name, entry) => {
      const token = tokens.get("admin") ?? "";
      const isGone = isOfDeleted(entry);
      const gone = await askRoute(open, entry, { objects: deleted, token });
      const nothing = await askRoute(open, entry, { objects: absent, token });
      if (isGone) expect(saidBy(entry, gone, deleted)).toEqual(saidBy(entry, nothing, absent));
      for (const malformed of ["no-such", "%00", "'; drop table jobs; --", "x".repeat(200), "💥"]) {
        const objects = Object.fromEntries(Object.keys(absent).map((key) => [key, malformed]));
        // oxlint-disable-next-line no-await-in-loop -- One after another, as a client would.
        const got = await askRoute(open, entry, { objects: { ...objects, kind: "job" }, token });
        expect([400, 403, 404, ALWAYS_ANSWERED[name] ?? 404]).toContain(got.status);
      }
    },
  );

  it("changes nothing of another namespace, however it is called", async () => {
    const owner = await tokenOf("tenant-a", "admin");
    const before = await everythingOf(owner, foreign);
    for (const entry of ID_ROUTES)
      for (const token of tokens.values()) {
        // oxlint-disable-next-line no-await-in-loop -- One after another, as a client would.
        await askRoute(open, entry, { objects: foreign, token });
      }

    expect(await everythingOf(owner, foreign)).toEqual(before);
  });
});

/** Tokens, runs and workflow runs stay to be looked at. */
function isOfDeleted({ path }: (typeof ID_ROUTES)[number]): boolean {
  const kept = ["/runs/", "/workflow-runs/", "/tokens/", "/sessions/", "/namespaces/", "/audit/"];
  const withHistory = ["/versions/", "/history/"];
  return ![...kept, ...withHistory].some((part) => path.includes(part));
}
