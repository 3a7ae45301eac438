import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cutText } from "../../src/api/log-intake.ts";
import { APP_KEY, askAsExecutor, makeExecutor, runOnExecutor } from "../support/executor-jobs.ts";
import { aJob, BOOTSTRAP_TOKEN, type Got, OpenApi, START_MS } from "../support/open-api.ts";
import { signExecToken } from "../support/exec-tokens.ts";

const LOGS = "/api/v1/executor/logs";
let open: OpenApi;
let appSecret: string;
let run: string;

beforeEach(async () => {
  open = await OpenApi.start();
  appSecret = await makeExecutor(open);
  run = (await runOnExecutor(open)).id;
});
afterEach(() => open.close());

function aLine(seq: number, more: Readonly<Record<string, unknown>> = {}) {
  const at = new Date(START_MS + seq).toISOString();
  return { at, level: "info", text: `line ${seq}`, seq, ...more };
}

function lines(from: number, to: number) {
  return Array.from({ length: to - from + 1 }, (_, i) => aLine(from + i));
}

function send(body: Readonly<Record<string, unknown>>): Promise<Got> {
  const path = LOGS;
  return askAsExecutor(open, { path, body: { run, attempt: 1, ...body }, appSecret });
}

function read(query = ""): Promise<Got> {
  return open.ask("GET", `/api/v1/runs/${run}/logs${query}`);
}

describe("lines that an executor sends", () => {
  it("are shown by attempt and seq, a page after another", async () => {
    const kept = await send({ lines: [aLine(2), aLine(1), aLine(3)] });
    const again = await send({ lines: [aLine(3), aLine(4)] });

    const head = await read("?limit=3");
    const tail = await read(`?after=${head.json.nextCursor}`);

    expect(kept).toMatchObject({ status: 200, json: { stored: 3, duplicates: 0, dropped: 0 } });
    expect(again.json).toEqual({ stored: 1, duplicates: 1, dropped: 0 });
    expect(head.json.items[0]).toEqual({ ...aLine(1), attempt: 1 });
    expect(head.json.items.map((line: { seq: number }) => line.seq)).toEqual([1, 2, 3]);
    expect(tail.json).toEqual({ items: [{ ...aLine(4), attempt: 1 }], nextCursor: null });
  });

  it("are narrowed to those that matter as much as a level", async () => {
    const levels = ["debug", "info", "warn", "error"];
    await send({ lines: levels.map((level, i) => aLine(i, { level })) });

    const got = await read("?level=warn");

    expect(got.json.items.map((line: { level: string }) => line.level)).toEqual(["warn", "error"]);
  });

  it("are cut beyond 8 KiB, and say so", async () => {
    await send({ lines: [aLine(1, { text: "漢".repeat(5_000) })] });

    const [line] = (await read()).json.items;

    expect(Buffer.byteLength(line.text)).toBeLessThanOrEqual(8_192);
    expect(line.text).toMatch(/^漢+ … \(cut\)$/u);
    expect(cutText("a".repeat(8_192))).toHaveLength(8_192);
    expect(cutText(`${"a".repeat(8_179)}${"🕒".repeat(4)}`)).toMatch(/^a+ … \(cut\)$/u);
  });

  it.each([
    ["a run that nobody made", { run: `run_${"0".repeat(32)}00` }, 404, "run.unknown"],
    ["a text that is no run", { run: "x" }, 404, "run.unknown"],
    ["an attempt that never was", { attempt: 2 }, 400, "request.invalid"],
    ["no line", { lines: [] }, 400, "request.invalid"],
    ["too many lines", { lines: lines(1, 501) }, 400, "request.invalid"],
    ["an unknown level", { lines: [aLine(1, { level: "fatal" })] }, 400, "request.invalid"],
    ["an unknown field", { lines: [aLine(1, { host: "a" })] }, 400, "request.unknown_field"],
  ])("are refused for %s", async (_, body, status, code) => {
    const got = await send({ lines: [aLine(1)], ...body });

    expect(got).toMatchObject({ status, json: { code } });
  });

  it("are refused for a run of a webhook or of another executor", async () => {
    await makeExecutor(open, "billing");
    await open.ask("POST", "/api/v1/jobs", { body: aJob({ name: "hook" }) });
    const hook = await open.ask("POST", "/api/v1/jobs/hook/runs");
    const target = { kind: "executor", executor: "billing", handler: "report" };
    const other = await runOnExecutor(open, { name: "bills", target });

    const got = await Promise.all(
      [hook.json.id, other.id].map((id: string) => send({ run: id, lines: [aLine(1)] })),
    );

    expect(got.map(({ json }) => json.code)).toEqual(["run.unknown", "run.unknown"]);
    expect((await open.ask("GET", `/api/v1/runs/${hook.json.id}/logs`)).json.items).toEqual([]);
  });

  it("are refused with a token that was used before, or that no secret has signed", async () => {
    const text = JSON.stringify({ run, attempt: 1, lines: [aLine(1)] });
    const signing = { appKey: APP_KEY, appSecret, bodyText: text, nowMs: open.nowMs };
    const token = signExecToken(signing);
    const forged = signExecToken({ ...signing, appSecret: "another" });

    const first = await open.ask("POST", LOGS, { text, token });
    const second = await open.ask("POST", LOGS, { text, token });
    const third = await open.ask("POST", LOGS, { text, token: forged });

    expect([first.status, second.status, third.status]).toEqual([200, 401, 401]);
  });

  it("may still come when the run has ended and left its shard", async () => {
    await open.succeed(run);
    await open.recordsCaughtUp();

    expect((await send({ lines: [aLine(1)] })).json.stored).toBe(1);
  });

  it("are refused while an executor floods the log, and the second after they are taken", async () => {
    const sent = [];
    for (let i = 0; i < 7; i++) {
      // oxlint-disable-next-line no-await-in-loop -- One call after the other.
      sent.push(await send({ lines: lines(i * 500, i * 500 + 499) }));
    }
    open.advance(200);
    const later = await send({ lines: lines(3_000, 3_499) });

    expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 429]);
    expect(sent.at(-1)?.headers.get("retry-after")).toBe("1");
    expect(later.status).toBe(200);
  });

  it("are dropped beyond 10,000 of a run, and one line at the end says how many", async () => {
    for (let i = 0; i < 20; i++) {
      open.advance(1_000);
      // oxlint-disable-next-line no-await-in-loop -- One call after the other.
      await send({ lines: lines(i * 500, i * 500 + 499) });
    }
    open.advance(1_000);
    const beyond = await send({ lines: lines(10_000, 10_002) });

    const middle = await read("?after=1.9996&limit=2");
    const end = await read("?after=1.9998");
    const told = await read(`?after=1.${Number.MAX_SAFE_INTEGER}`);

    expect(beyond.json).toEqual({ stored: 0, duplicates: 0, dropped: 3 });
    expect(middle.json.items).toHaveLength(2);
    expect(end.json.items.map((line: { text: string }) => line.text)).toEqual([
      "line 9999",
      "3 more lines were dropped: the log of a run is full at 10,000.",
    ]);
    expect(told.json).toEqual({ items: [], nextCursor: null });
  });
});

describe("reading a log", () => {
  it("needs a run of the namespace and a place in the log", async () => {
    const token = await open.newToken("admin", "other");

    const foreign = await open.ask("GET", `/api/v1/runs/${run}/logs`, { token });
    const bad = await Promise.all(
      ["x", "1", "1.x", "1.99999999999999999"].map((after) => read(`?after=${after}`)),
    );

    expect(foreign.status).toBe(404);
    expect(bad.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
  });
});

describe("following a log", () => {
  it("tells what is there and what comes, and ends with the run", async () => {
    await send({ lines: [aLine(1)] });
    const events = follow(await request("?follow=1"));

    expect(await events.next()).toEqual({ event: "line", id: "1.1", data: aJsonLine(1) });
    await send({ lines: [aLine(2)] });
    expect(await events.next()).toEqual({ event: "line", id: "1.2", data: aJsonLine(2) });
    await open.succeed(run);
    await open.recordsCaughtUp();
    await send({ lines: [aLine(3)] });
    expect(await events.next()).toEqual({ event: "line", id: "1.3", data: aJsonLine(3) });
    open.advance(2_000);
    expect(await events.next()).toEqual({ event: "end", data: "{}" });
    expect(await events.next()).toBeNull();
  });

  it("goes on behind the last event that the reader has had", async () => {
    await send({ lines: lines(1, 3) });

    const response = await request("?follow=1&after=1.1", { "last-event-id": "1.2" });
    const events = follow(response);

    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(await events.next()).toMatchObject({ id: "1.3" });
    await events.cancel();
  });

  it("breaks a silence with a comment, and stops after five minutes", async () => {
    const events = follow(await request("?follow=1"));
    await send({ lines: [aLine(1)] });
    await events.next();

    open.advance(15_000);
    expect(await events.next()).toEqual({ comment: "nothing new" });
    open.advance(285_000);
    expect(await events.next()).toEqual({ event: "timeout", data: "{}" });
    expect(await events.next()).toBeNull();
  });

  it("takes a hundred readers, and another one when one has gone", async () => {
    const readers = await Promise.all(Array.from({ length: 100 }, () => request("?follow=1")));
    const refused = await request("?follow=1");
    const page = await read();

    await readers[0]?.body?.cancel();
    await expect.poll(async () => (await request("?follow=1")).status).toBe(200);

    expect(readers.every(({ status }) => status === 200)).toBe(true);
    expect(refused.status).toBe(429);
    expect(page.status).toBe(200);
    await Promise.all(readers.slice(1).map(async ({ body }) => body?.cancel()));
  });

  it("does not stream to a HEAD", async () => {
    const head = await open.ask("HEAD", `/api/v1/runs/${run}/logs?follow=1`);

    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers.get("content-type")).toContain("json");
  });
});

interface Told {
  readonly event?: string;
  readonly id?: string;
  readonly data?: string;
  readonly comment?: string;
}

function aJsonLine(seq: number): string {
  const { at, level, text } = aLine(seq);
  return JSON.stringify({ at, level, text, attempt: 1, seq });
}

function request(query: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const authorization = `Bearer ${BOOTSTRAP_TOKEN}`;
  const url = `http://tickwheel.test/api/v1/runs/${run}/logs${query}`;
  return Promise.resolve(open.api.request(url, { headers: { authorization, ...headers } }));
}

/** Reads server-sent events one by one; null when the stream is over. */
function follow(response: Response): { next(): Promise<Told | null>; cancel(): Promise<void> } {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<Told | null> => {
    const end = text.indexOf("\n\n");
    if (end >= 0) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      return toldOf(block);
    }
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return null;
    text += chunk.value;
    return next();
  };
  return { next, cancel: async () => reader?.cancel() };
}

function toldOf(block: string): Told {
  return Object.fromEntries(
    block.split("\n").map((line) => {
      const [, field = "", value = ""] = /^(\w*): (.*)$/.exec(line) ?? [];
      return [field === "" ? "comment" : field, value];
    }),
  );
}
