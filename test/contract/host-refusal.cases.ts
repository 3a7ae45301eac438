import { expect } from "vitest";
import { aWebhookJob, type HostCase, type Scene } from "./host-case.ts";

const PUBLIC_URL = "https://example.com/hook";

/** What a request says, and the problem that must come back. */
interface Mistake {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly text?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: string;
  readonly pointer?: string;
  readonly hint?: RegExp;
}

const create = (name: string, changes: Readonly<Record<string, unknown>>) =>
  ({ method: "POST", path: "/jobs", body: aWebhookJob(name, PUBLIC_URL, changes) }) as const;
const schedule = (spec: Readonly<Record<string, unknown>>) => create("refused", { schedule: spec });
const target = (url: string) => create("refused", { target: { url } });

const MISTAKES: readonly Mistake[] = [
  {
    name: "a cron pattern of another dialect",
    ...schedule({ kind: "cron", cron: "0/5 * * * * ?" }),
    status: 422,
    code: "schedule.invalid",
    pointer: "/schedule/cron",
    hint: /quartz/,
  },
  {
    name: "an unknown time zone",
    ...schedule({ kind: "cron", cron: "0 2 * * *", timezone: "Europe/Atlantis" }),
    status: 422,
    code: "schedule.invalid",
    pointer: "/schedule/timezone",
  },
  {
    name: "a duration that is none",
    ...create("refused", { timeout: "soon" }),
    status: 400,
    code: "request.invalid",
    pointer: "/timeout",
  },
  {
    name: "an instant that has passed",
    ...schedule({ kind: "at", at: "2020-01-01T00:00:00Z" }),
    status: 422,
    code: "schedule.never_fires",
  },
  ...["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/"].map(
    (url) => ({
      name: `the private address ${url}`,
      ...target(url),
      status: 422,
      code: "target.refused",
      pointer: "/target/url",
    }),
  ),
  {
    name: "a URL that is no web address",
    ...target("file:///etc/passwd"),
    status: 422,
    code: "target.refused",
    pointer: "/target/url",
  },
  {
    name: "a header that is ours",
    ...create("refused", { target: { headers: { "tickwheel-run": "mine" } } }),
    status: 422,
    code: "target.refused",
  },
  {
    name: "an unknown field",
    ...create("refused", { retires: 3 }),
    status: 400,
    code: "request.unknown_field",
    pointer: "/retires",
  },
  {
    name: "an unknown executor",
    method: "POST",
    path: "/jobs",
    body: {
      name: "refused",
      schedule: { kind: "manual" },
      target: { kind: "executor", executor: "nobody", handler: "x" },
    },
    status: 422,
    code: "target.refused",
    pointer: "/target/executor",
  },
  {
    name: "no token",
    method: "GET",
    path: "/jobs",
    token: null,
    status: 401,
    code: "token.missing",
  },
  {
    name: "a wrong token",
    method: "GET",
    path: "/jobs",
    token: "tw_nobody-has-ever-seen-this-token",
    status: 401,
    code: "token.invalid",
  },
  { name: "an unknown job", method: "GET", path: "/jobs/nobody", status: 404, code: "job.unknown" },
  {
    name: "an unknown run",
    method: "GET",
    path: "/runs/run_019aa3c1d2007abc8def0123456789ab00",
    status: 404,
    code: "run.unknown",
  },
  { name: "an unknown route", method: "GET", path: "/nothing", status: 404, code: "route.unknown" },
  {
    name: "a stale If-Match",
    method: "PATCH",
    path: "/jobs/refusals",
    headers: { "if-match": '"99"' },
    body: { description: "never stored" },
    status: 412,
    code: "version.conflict",
  },
  {
    name: "a name that is taken",
    ...create("refusals", {}),
    status: 409,
    code: "name.taken",
  },
  {
    name: "a body that is too large",
    ...create("refused", { description: "x".repeat(300_000) }),
    status: 413,
    code: "body.too_large",
  },
  {
    name: "a body that nests too deeply",
    method: "POST",
    path: "/jobs",
    text: `{"params":${"[".repeat(40)}${"]".repeat(40)}}`,
    status: 400,
    code: "body.too_deep",
  },
  {
    name: "a body that is not JSON",
    method: "POST",
    path: "/jobs",
    text: "{name: refused}",
    status: 400,
    code: "body.not_json",
  },
];

/** Callers' mistakes: each is told what was wrong, where, and how to mend it, and stores nothing. */
export const HOST_REFUSAL_CASES: readonly HostCase[] = [
  {
    name: "mistakes are refused with a code, a pointer and a hint, and store nothing",
    run: refuse,
  },
  { name: "a token does what its scope allows, and nothing once it is revoked", run: scopes },
];

async function refuse({ client }: Scene): Promise<void> {
  await client.get("POST", "/jobs", 201, { body: aWebhookJob("refusals", PUBLIC_URL) });
  for (const mistake of MISTAKES) {
    const { name, method, path, status, code, pointer, hint = /./, ...ask } = mistake;
    // One after the other, so that a failure names its mistake.
    // oxlint-disable-next-line no-await-in-loop
    const got = await client.ask(method, `/api/v1${path}`, ask);
    expect({ status: got.status, code: got.json?.code }, name).toEqual({ status, code });
    expect(got.headers.get("content-type"), name).toMatch(/^application\/problem\+json/);
    expect(got.json, name).toMatchObject({
      status,
      requestId: got.headers.get("x-request-id"),
      hint: expect.stringMatching(hint),
      detail: expect.stringMatching(/\S/),
    });
    if (pointer !== undefined)
      expect(
        got.json.errors?.map((error: { readonly pointer: string }) => error.pointer),
        name,
      ).toContain(pointer);
  }
  const refused = await client.ask("GET", "/api/v1/jobs/refused");
  expect(refused.status).toBe(404);
  const kept = await client.get("GET", "/jobs/refusals", 200);
  expect(kept).toMatchObject({ version: 1, description: "" });
}

async function scopes({ client }: Scene): Promise<void> {
  const { id, token } = await client.get("POST", "/tokens", 201, {
    body: { name: "dashboard", scopes: ["read"] },
  });

  const reading = await client.ask("GET", "/api/v1/jobs", { token });
  const writing = await client.ask("POST", "/api/v1/jobs", {
    token,
    body: aWebhookJob("by-a-reader", PUBLIC_URL),
  });
  await client.get("DELETE", `/tokens/${id}`, 204);
  const revoked = await client.ask("GET", "/api/v1/jobs", { token });

  expect(reading.status).toBe(200);
  expect(reading.headers.get("ratelimit")).not.toBeNull();
  expect(writing).toMatchObject({ status: 403, json: { code: "permission.denied" } });
  expect(revoked).toMatchObject({ status: 401, json: { code: "token.invalid" } });
}
