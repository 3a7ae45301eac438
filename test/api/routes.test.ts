import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { REFUSAL_CODES } from "../../src/core/refusal.ts";
import { PROBLEMS } from "../../src/api/problems.ts";
import { type RouteEntry, ROUTES, routeOf } from "../../src/api/routes.ts";
import { OpenApi } from "../support/open-api.ts";

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

describe("authorisation", () => {
  const guarded = ROUTES.filter(({ access }) => access !== "none");
  const scoped = guarded.filter(({ access }) => access !== "callback");
  const DENIED: Readonly<Record<string, readonly string[]>> = {
    read: ["write", "admin"],
    write: ["admin"],
    admin: [],
  };

  it.each(guarded.map((entry) => [nameOf(entry), entry] as const))(
    "refuses %s to nobody in particular and to forged tokens",
    async (_, entry) => {
      const anonymous = await open.ask(entry.method, pathOf(entry), { token: null });
      const forged = await open.ask(entry.method, pathOf(entry), {
        token: `tw_${"A".repeat(43)}`,
        ...(entry.bodyBytesMax > 0 ? { body: { status: "succeeded" } } : {}),
      });

      expect(anonymous).toMatchObject({ status: 401, json: { code: "token.missing" } });
      expect(anonymous.headers.get("www-authenticate")).toContain("Bearer");
      expect(forged).toMatchObject({ status: 401, json: { code: "token.invalid" } });
    },
  );

  it.each(["read", "write", "admin"] as const)(
    "gives the scope %s what it includes",
    async (scope) => {
      const token = await open.newToken(scope);
      const denied: string[] = [];
      for (const entry of scoped) {
        // oxlint-disable-next-line no-await-in-loop -- One after another, as a client would.
        const got = await open.ask(entry.method, pathOf(entry), { token });
        if (got.json?.code === "permission.denied") denied.push(nameOf(entry));
      }

      const wanted = scoped.filter(({ access }) => DENIED[scope]?.includes(access)).map(nameOf);
      expect(denied).toEqual(wanted);
    },
  );
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
