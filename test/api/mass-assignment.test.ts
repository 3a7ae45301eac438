import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, OpenApi, type Got } from "../support/open-api.ts";

const API = "/api/v1";
let open: OpenApi;
let token: string;
let made = 0;

/** What the server alone says of an object, with values that somebody might hope for. */
const STOLEN = {
  namespace: fc.constantFrom("default", "other"),
  id: fc.constantFrom("job_x", "tok_x", "usr_x"),
  version: fc.integer(),
  createdAt: fc.constant("2020-01-01T00:00:00.000Z"),
  updatedAt: fc.constant("2020-01-01T00:00:00.000Z"),
  createdMs: fc.integer(),
  createdBy: fc.constant("root"),
  owner_id: fc.constant("root"),
  tenant_id: fc.constant("default"),
  role: fc.constantFrom("owner", "admin"),
  state: fc.constantFrom("active", "paused", "disabled"),
  isInstanceAdmin: fc.constant(true),
  memberships: fc.constant([{ namespace: "default", role: "owner", executors: null }]),
  hash: fc.constant("0".repeat(64)),
  passwordHash: fc.constant("scrypt"),
  prefix: fc.constant("tw_aaaaaa"),
  lastUsedAt: fc.constant(null),
  revokedAt: fc.constant(null),
  ticksDone: fc.integer(),
  pause: fc.constant(null),
  quotas: fc.constant({ jobs: null }),
  secrets: fc.constant([]),
  appSecret: fc.constant("tws_mine"),
  listVersion: fc.integer(),
  signingGenerations: fc.constant([1]),
  __proto__x: fc.constant({}),
  constructor: fc.constant({}),
} as const;

type Field = keyof typeof STOLEN;

interface Kind {
  readonly path: string;
  readonly body: (name: string) => Record<string, unknown>;
  /** How a made one is found again. */
  readonly key: (got: Got["json"]) => string;
  /** Fields that a caller may say of it, or that mean something else there. */
  readonly own: readonly Field[];
  /** A change that would be taken without the field. */
  readonly patch?: Record<string, unknown>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  jobs: {
    path: "/jobs",
    body: (name) => aJob({ name }),
    key: ({ name }) => name,
    own: [],
    patch: { priority: 3 },
  },
  workflows: {
    path: "/workflows",
    body: (name) => ({ name, steps: [{ name: "s", sleep: "1s" }] }),
    key: ({ name }) => name,
    own: [],
  },
  executors: {
    path: "/executors",
    body: (name) => ({ appKey: name, name, registration: "auto" }),
    key: ({ appKey }) => appKey,
    own: [],
    patch: { name: "Other" },
  },
  calendars: {
    path: "/calendars",
    body: (name) => ({ name }),
    key: ({ name }) => name,
    own: [],
    patch: { weekdays: [1] },
  },
  tokens: {
    path: "/tokens",
    body: (name) => ({ name, scopes: ["read"] }),
    key: ({ id }) => id,
    // A namespace that is not one's own is refused as unknown: see the case below.
    own: ["namespace"],
  },
  users: {
    path: "/users",
    body: (username) => ({ username, role: "viewer", password: "correct horse battery" }),
    key: ({ id }) => id,
    // A role and the instance are given by those who have them: their own tests say so.
    own: ["role", "isInstanceAdmin"],
    patch: { resetPassword: true },
  },
};

const ask = (method: string, path: string, body?: unknown): Promise<Got> =>
  open.ask(method, API + path, body === undefined ? { token } : { token, body });

beforeAll(async () => {
  const plain = await OpenApi.start();
  await plain.close();
  const settings = { ...plain.deps.settings, ratePerMinute: 1_000_000 };
  open = await OpenApi.start({ deps: { settings } });
  token = await open.newToken("admin", "team");
});
afterAll(() => open.close());

describe.each(Object.entries(KINDS))(
  "what a body says of %s that only the server says",
  (_, kind) => {
    const fields = Object.keys(STOLEN).filter((name): name is Field => name in STOLEN);
    const stolen = fc
      .subarray(
        fields.filter((field) => !kind.own.includes(field)),
        { minLength: 1, maxLength: 3 },
      )
      .chain((some) =>
        fc.record(Object.fromEntries(some.map((field) => [field, STOLEN[field]] as const))),
      );

    it("is refused by its name, and nothing is made", async () => {
      await fc.assert(
        fc.asyncProperty(stolen, async (more) => {
          const name = `thing-${made++}`;
          const got = await ask("POST", kind.path, { ...kind.body(name), ...more });

          expect(got.status, got.text).toBe(400);
          const pointers = got.json.errors.map(({ pointer }: { pointer: string }) => pointer);
          expect(pointers.some((pointer: string) => pointer.slice(1) in more)).toBe(true);
          expect((await ask("GET", `${kind.path}/${name}`)).status).toBe(404);
        }),
        { numRuns: 60 },
      );
    });

    it("is refused in a change, and nothing changes", async () => {
      const { patch } = kind;
      if (patch === undefined) return;
      const created = await ask("POST", kind.path, kind.body(`thing-${made++}`));
      const path = `${kind.path}/${kind.key(created.json)}`;
      const before = await ask("GET", path);
      await fc.assert(
        fc.asyncProperty(stolen, async (more) => {
          // On a user's own state others decide who may: it is no field of the server's.
          const { state, ...rest } = { ...more } as Record<string, unknown>;
          const sent =
            kind.path === "/users" ? rest : { ...rest, ...(state === undefined ? {} : { state }) };
          if (Object.keys(sent).length === 0) return;
          const got = await ask("PATCH", path, { ...patch, ...sent });

          expect(got.status, got.text).toBe(400);
          expect((await ask("GET", path)).json).toEqual(before.json);
        }),
        { numRuns: 60 },
      );
    });
  },
);

describe("a namespace in a body", () => {
  it("never moves anything out of the caller's own", async () => {
    const foreign = await ask("POST", "/tokens", {
      name: "t",
      scopes: ["read"],
      namespace: "default",
    });
    const other = await open.ask("POST", `${API}/jobs`, {
      token,
      body: aJob({ name: "mine" }),
      headers: { "x-namespace": "default" },
    });
    const query = await open.ask("GET", `${API}/jobs?namespace=default`, { token });

    expect(foreign.json.code).toBe("namespace.unknown");
    expect(other.json.code).toBe("namespace.unknown");
    expect(query.status).toBe(400);
  });
});
