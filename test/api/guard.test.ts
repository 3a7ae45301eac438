import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aJob, BOOTSTRAP_TOKEN, OpenApi } from "../support/open-api.ts";

const JOBS = "/api/v1/jobs";
let open: OpenApi;

beforeEach(async () => {
  open = await OpenApi.start();
});
afterEach(() => open.close());

describe("the Authorization header", () => {
  it.each([
    [`bearer ${BOOTSTRAP_TOKEN}`],
    [`Basic ${BOOTSTRAP_TOKEN}`],
    [`Bearer  ${BOOTSTRAP_TOKEN}`],
    [`Bearer ${BOOTSTRAP_TOKEN}, Bearer ${BOOTSTRAP_TOKEN}`],
    [BOOTSTRAP_TOKEN],
    ["Bearer"],
  ])("is refused as %s", async (authorization) => {
    const got = await open.ask("GET", JOBS, { token: null, headers: { authorization } });

    expect(got).toMatchObject({ status: 401, json: { code: "token.invalid" } });
  });

  it("is refused when it comes twice", async () => {
    const headers = new Headers();
    headers.append("authorization", `Bearer ${BOOTSTRAP_TOKEN}`);
    headers.append("authorization", `Bearer ${BOOTSTRAP_TOKEN}`);

    const response = await open.api.request(JOBS, { headers });

    expect(response.status).toBe(401);
  });
});

describe("every answer", () => {
  it("carries the request id it was given, or a new one", async () => {
    const given = await open.ask("GET", JOBS, { headers: { "x-request-id": "my-id.7" } });
    const bad = await open.ask("GET", JOBS, { headers: { "x-request-id": "no spaces please" } });

    expect(given.headers.get("x-request-id")).toBe("my-id.7");
    expect(bad.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("is not to be stored, sniffed or framed", async () => {
    const { headers } = await open.ask("GET", JOBS);

    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  it("leaves one line in the log, without the query", async () => {
    await open.ask("GET", `${JOBS}?q=secret`);

    const [entry] = open.log.slice(-1);
    expect(entry).toMatchObject({
      event: "request",
      fields: { method: "GET", path: JOBS, status: 200, principal: "bootstrap" },
    });
  });
});

/** A body that comes as a stream, without Content-Length. */
const chunked = (text: string): Request =>
  new Request(`http://tickwheel.test${JOBS}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${BOOTSTRAP_TOKEN}`,
      "content-type": "application/json",
    },
    body: new Blob([text]).stream(),
    duplex: "half",
  } as RequestInit);

describe("bodies", () => {
  it("are refused beyond 256 KiB, whatever Content-Length says", async () => {
    const big = JSON.stringify(aJob({ description: "x".repeat(300_000) }));

    const streamed = await open.api.request(chunked(big));
    const lied = await open.ask("POST", JOBS, { text: big, headers: { "content-length": "10" } });

    expect([streamed.status, lied.status]).toEqual([413, 413]);
    expect(lied.json.code).toBe("body.too_large");
  });

  it("are taken in pieces", async () => {
    const response = await open.api.request(chunked(JSON.stringify(aJob())));

    expect(response.status).toBe(201);
  });

  it.each([33, 5_000, 100_000])("are refused %i levels deep", async (levels) => {
    const text = `{"params":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

    const got = await open.ask("POST", JOBS, { text });

    expect(got).toMatchObject({ status: 400, json: { code: "body.too_deep" } });
  });

  it.each([
    ['{"name":', "body.not_json", 400],
    ["\u0000", "body.not_json", 400],
    ["[]", "request.invalid", 400],
    ["null", "request.invalid", 400],
    ["", "request.invalid", 400],
  ])("are refused as %j", async (text, code, status) => {
    const got = await open.ask("POST", JOBS, { text });

    expect(got).toMatchObject({ status, json: { code } });
  });

  it.each(["__proto__", "constructor", "prototype", "\\u005f_proto__"])(
    "are refused with the key %s anywhere",
    async (key) => {
      const job = JSON.stringify(aJob({ params: { deep: [{ "@": { polluted: true } }] } }));

      const got = await open.ask("POST", JOBS, { text: job.replace("@", key) });

      expect(got).toMatchObject({ status: 400, json: { code: "request.invalid" } });
      expect(got.json.errors[0].pointer).toMatch(/^\/params\/deep\/0\//);
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    },
  );

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"])(
    "are refused as %s",
    async (type) => {
      const got = await open.ask("POST", JOBS, {
        text: JSON.stringify(aJob()),
        headers: { "content-type": type },
      });

      expect(got).toMatchObject({ status: 415, json: { code: "request.invalid", status: 415 } });
    },
  );

  it("are refused when they are not UTF-8", async () => {
    const response = await open.api.request(JOBS, {
      method: "POST",
      headers: { authorization: `Bearer ${BOOTSTRAP_TOKEN}`, "content-type": "application/json" },
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });

    expect(response.status).toBe(400);
  });
});

describe("the rate limit", () => {
  it("refuses with the time to wait, and refills", async () => {
    await open.close();
    const limits = { version: "0", bootstrapTokenHash: null, bootstrapRatePerMinute: 1 };
    open = await OpenApi.start();
    const { settings } = open.deps;
    await open.close();
    open = await OpenApi.start({
      deps: { settings: { ...limits, ...settings, ratePerMinute: 2 } },
    });
    const token = await open.newToken("read");

    const first = await open.ask("GET", JOBS, { token });
    await open.ask("GET", JOBS, { token });
    const third = await open.ask("GET", JOBS, { token });
    open.advance(30_000);
    const later = await open.ask("GET", JOBS, { token });

    expect(first.headers.get("ratelimit-policy")).toBe('"default";q=2;w=60');
    expect(first.headers.get("ratelimit")).toBe('"default";r=1;t=30');
    expect(third).toMatchObject({ status: 429, json: { code: "rate.limited" } });
    expect(third.headers.get("retry-after")).toBe("30");
    expect(later.status).toBe(200);
  });

  it("stops guessing at tokens from one address, but not the known ones", async () => {
    const token = await open.newToken("read");
    await open.ask("GET", JOBS, { token });
    const guess = (): ReturnType<OpenApi["ask"]> =>
      open.ask("GET", JOBS, { token: `tw_${"B".repeat(43)}` });
    for (let i = 0; i < 60; i++)
      // oxlint-disable-next-line no-await-in-loop
      await guess();

    const next = await guess();
    const known = await open.ask("GET", JOBS, { token });

    expect(next).toMatchObject({ status: 429, json: { code: "rate.limited" } });
    expect(known.status).toBe(200);
  });
});

describe("faults of the server", () => {
  it("do not tell what happened, but the log does", async () => {
    await open.close();
    open = await OpenApi.start();
    const { deps } = open;
    await open.close();
    const records = { ...deps.records, jobs: () => Promise.reject(new Error("a secret path")) };
    open = await OpenApi.start({ deps: { records } });

    const got = await open.ask("GET", JOBS);

    expect(got).toMatchObject({ status: 500, json: { code: "internal.error" } });
    expect(got.text).not.toContain("secret path");
    expect(open.log.find((entry) => entry.event === "request.failed")?.fields["message"]).toBe(
      "a secret path",
    );
  });
});
