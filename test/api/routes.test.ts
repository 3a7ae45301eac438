import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REFUSAL_CODES } from "../../src/core/refusal.ts";
import { ROLES, type Role } from "../../src/core/role.ts";
import { PROBLEMS } from "../../src/api/problems.ts";
import { type Access, type RouteEntry, ROUTES, routeOf } from "../../src/api/routes.ts";
import { loggedIn } from "../support/browser.ts";
import { type Got, OpenApi } from "../support/open-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

const nameOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method.toUpperCase()} ${path}`;

/** What the router really has, in the spelling of OpenAPI. */
function routedNames(): ReadonlySet<string> {
  const handled = open.api.routes.filter((route) => route.method !== "ALL");
  return new Set(
    handled.map(({ method, path }) => nameOf({ method, path: path.replaceAll(/:(\w+)/g, "{$1}") })),
  );
}

/** A request that matches the line and holds nothing else worth doing. */
function pathOf(entry: RouteEntry): string {
  return entry.path.replaceAll(/\{\w+\}/g, "x");
}

describe("the table of routes", () => {
  it("has a line for each route of the app, and no other", () => {
    expect(routedNames()).toEqual(new Set(ROUTES.map(nameOf)));
  });

  it("is described in full by /openapi.json, and nothing else is", async () => {
    const { json } = await open.ask("GET", "/openapi.json", { token: null });
    const described = Object.entries<object>(json.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => nameOf({ method, path })),
    );

    const wanted = ROUTES.filter((entry) => entry.isDescribed).map(nameOf);
    expect(json.openapi).toBe("3.1.0");
    expect(described.toSorted()).toEqual(wanted.toSorted());
  });

  it("finds a line by method and path, and nothing where there is none", () => {
    expect(routeOf("HEAD", "/api/v1/jobs/a")?.path).toBe("/api/v1/jobs/{job}");
    expect(routeOf("GET", "/api/v1/jobs/")).toBeUndefined();
    expect(routeOf("GET", "/api/v1/jobs/a/b")).toBeUndefined();
    expect(routeOf("PUT", "/api/v1/runs/a")).toBeUndefined();
  });
});

/** Codes with which somebody is stopped before a handler. */
const STOPS: ReadonlySet<string> = new Set([
  "token.missing",
  "token.invalid",
  "login.needed",
  "permission.denied",
  "csrf.refused",
]);

type Asking = (entry: RouteEntry) => Promise<Got>;

interface Identity {
  /** What it has in the namespace; null for somebody who is nobody here. */
  readonly role: Role | null;
  readonly isInstanceAdmin: boolean;
  readonly hasSession: boolean;
  /** What it is told where somebody must be known. */
  readonly otherwise: string;
  enter(): Promise<Asking>;
}

/** As little as may be; a callback is looked at before its token is. */
const emptyBody = ({ bodyBytesMax, access }: RouteEntry): { readonly body?: unknown } => {
  if (bodyBytesMax === 0) return {};
  return { body: access === "callback" ? { status: "succeeded" } : {} };
};

/** A token with these scopes. */
function byToken(role: Role, scope: string): Identity {
  const enter = async (): Promise<Asking> => {
    const token = await open.newToken(scope);
    return (entry) => open.ask(entry.method, pathOf(entry), { token, ...emptyBody(entry) });
  };
  return { role, isInstanceAdmin: false, hasSession: false, otherwise: "token.invalid", enter };
}

/** A user with a session, who logs in again after each logout. */
function bySession(role: Role, isInstanceAdmin = false): Identity {
  const enter = async (): Promise<Asking> => {
    const browser = await loggedIn(open, "somebody", { role, isInstanceAdmin });
    return async (entry) => {
      const got = await browser.ask(entry.method, pathOf(entry), emptyBody(entry));
      if (entry.path.endsWith("/logout")) await browser.login("somebody");
      return got;
    };
  };
  return { role, isInstanceAdmin, hasSession: true, otherwise: "token.missing", enter };
}

/** Somebody who sends what stands for nobody. */
function nobody(otherwise: string, enter: Identity["enter"]): Identity {
  return { role: null, isInstanceAdmin: false, hasSession: false, otherwise, enter };
}

const anonymous: Asking = (entry) =>
  open.ask(entry.method, pathOf(entry), { token: null, ...emptyBody(entry) });

const IDENTITIES: readonly (readonly [string, Identity])[] = [
  ["nobody in particular", nobody("token.missing", async () => anonymous)],
  [
    "the bearer of a revoked token",
    nobody("token.invalid", async () => {
      const { json } = await open.ask("POST", "/api/v1/tokens", {
        body: { name: "ci", scopes: ["admin"] },
      });
      await open.ask("DELETE", `/api/v1/tokens/${json.id}`);
      const { token } = json;
      return (entry) => open.ask(entry.method, pathOf(entry), { token, ...emptyBody(entry) });
    }),
  ],
  [
    "the bearer of a session that has ended",
    nobody("login.needed", async () => {
      const { cookie } = await loggedIn(open, "somebody", { role: "admin" });
      await open.ask("PATCH", "/api/v1/users/somebody", { body: { state: "disabled" } });
      return (entry) =>
        open.ask(entry.method, pathOf(entry), {
          token: null,
          ...emptyBody(entry),
          headers: { cookie, "sec-fetch-site": "same-origin", "content-type": "application/json" },
        });
    }),
  ],
  ["a token to read", byToken("viewer", "read")],
  ["a token to operate", byToken("operator", "operate")],
  ["a token to write", byToken("editor", "write")],
  ["a token to administer", byToken("admin", "admin")],
  ...ROLES.map((role) => [`a user who is ${role}`, bySession(role)] as const),
  ["who administers the instance", bySession("viewer", true)],
];

/** What the guard says to somebody on a line of the table, or that it lets them pass. */
function wantedOf(who: Identity, { access }: RouteEntry): string {
  if (access === "none") return "passes";
  // What executors send, they sign themselves.
  if (access === "callback" || access === "executor")
    return who.otherwise === "token.invalid" ? "token.invalid" : "token.missing";
  if (who.role === null) return who.otherwise;
  return isEnough(who, access) ? "passes" : "permission.denied";
}

function isEnough({ role, isInstanceAdmin, hasSession }: Identity, access: Access): boolean {
  if (access === "known" || access === "ticket") return true;
  if (access === "session") return hasSession;
  if (access === "instance") return isInstanceAdmin;
  const rank = ROLES.findIndex((one) => one === access);
  return isInstanceAdmin || ROLES.findIndex((one) => one === role) >= rank;
}

describe("authorisation", () => {
  const guarded = ROUTES.filter(({ access }) => access !== "none");

  it.each(guarded.map((entry) => [nameOf(entry), entry] as const))(
    "refuses %s to nobody in particular and to forged tokens",
    async (_, entry) => {
      const unnamed = await open.ask(entry.method, pathOf(entry), { token: null });
      const forged = await open.ask(entry.method, pathOf(entry), {
        token: `tw_${"A".repeat(43)}`,
        ...(entry.bodyBytesMax > 0 ? { body: { status: "succeeded" } } : {}),
      });

      expect(unnamed).toMatchObject({ status: 401, json: { code: "token.missing" } });
      expect(unnamed.headers.get("www-authenticate")).toContain("Bearer");
      expect(forged).toMatchObject({ status: 401, json: { code: "token.invalid" } });
    },
  );

  it.each(IDENTITIES)("lets %s do what it may on every route, and nothing else", async (_, who) => {
    const ask = await who.enter();
    const faults: string[] = [];
    for (const entry of ROUTES) {
      // Nobody is held up here by how often they ask.
      open.advance(2_100);
      // oxlint-disable-next-line no-await-in-loop -- One after another, as a client would.
      const { json, status } = await ask(entry);
      const wanted = wantedOf(who, entry);
      const got = STOPS.has(json?.code) ? json.code : "passes";
      if (got !== wanted) faults.push(`${nameOf(entry)}: ${status} ${json?.code}, not ${wanted}`);
    }

    expect(faults).toEqual([]);
  });
});

describe("what no route takes", () => {
  it("is a problem where the path is unknown", async () => {
    const got = await open.ask("GET", "/api/v1/nothing");

    expect(got).toMatchObject({ status: 404, json: { code: "route.unknown" } });
  });

  it("is told which methods there are where the method is wrong", async () => {
    const got = await open.ask("DELETE", "/api/v1/jobs", { token: null });

    expect(got.status).toBe(405);
    expect(got.headers.get("allow")).toBe("POST, GET, HEAD, OPTIONS");
  });

  it("is answered for OPTIONS without a word about other origins", async () => {
    const got = await open.ask("OPTIONS", "/api/v1/jobs/x", { token: null });

    expect(got.status).toBe(204);
    expect(got.headers.get("allow")).toContain("PATCH");
    expect(got.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("answers HEAD like GET without a body", async () => {
    const got = await open.ask("HEAD", "/healthz", { token: null });

    expect([got.status, got.text]).toEqual([200, ""]);
  });
});

describe("problems", () => {
  it("have a status, a title and a way out for every code", () => {
    const incomplete = REFUSAL_CODES.filter((code) => {
      const { status, title, hint } = PROBLEMS[code];
      return status < 400 || title.length < 4 || hint.length < 10;
    });

    expect(incomplete).toEqual([]);
  });
});
