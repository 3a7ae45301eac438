import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../src/core/answer.ts";
import { ANSWER_LIMITS, decodeAnswer, type DecodeContext } from "../../src/dialects/answer.ts";
import type { EgressAnswer } from "../../src/ports/egress.ts";
import { anAnswer, NOW_MS } from "../support/deliveries.ts";

const CONTEXT: DecodeContext = {
  url: "https://example.com/hook",
  canCallBack: false,
  canBeGone: true,
  isStep: false,
  nowMs: NOW_MS,
};
const OF_STEP: DecodeContext = { ...CONTEXT, isStep: true };
const FAILED = {
  kind: "failed",
  retry: true,
  retryAfterMs: null,
  delivered: true,
  gone: false,
} as const;

function broken(
  reason: Extract<EgressAnswer, { readonly ok: false }>["reason"],
  delivered: boolean,
): Answer {
  return decodeAnswer({ ok: false, reason, message: "why", delivered }, CONTEXT);
}

describe("a success", () => {
  it.each([
    [200, '{"result":{"a":1},"more":2}', { a: 1 }],
    [200, '{"result":null}', null],
    [200, '{"a":1}', { a: 1 }],
    [201, "[1,2]", [1, 2]],
    [200, '["result"]', ["result"]],
    [200, "7", 7],
    [200, '"text"', "text"],
    [200, "plain text", "plain text"],
    [200, '{"half":', '{"half":'],
    [204, "", null],
    [202, '{"result":"there is no callback here"}', "there is no callback here"],
  ])("%i with %s has its result", (status, body, result) => {
    expect(decodeAnswer(anAnswer(status, body), CONTEXT)).toEqual({
      kind: "succeeded",
      result,
      truncated: false,
      context: null,
    });
  });

  it("that was cut is text, and says so", () => {
    expect(decodeAnswer(anAnswer(200, "[1]", { truncated: true }), CONTEXT)).toEqual({
      kind: "succeeded",
      result: "[1]",
      truncated: true,
      context: null,
    });
  });

  it("nested deeper than anyone needs stays text", () => {
    const body = "[".repeat(30_000) + "]".repeat(30_000);

    expect(decodeAnswer(anAnswer(200, body), CONTEXT)).toMatchObject({ result: body });
    const brackets = JSON.stringify({ result: "[".repeat(1_000) });
    expect(decodeAnswer(anAnswer(200, brackets), CONTEXT)).toMatchObject({
      result: "[".repeat(1_000),
    });
  });

  it("202 is an acceptance where a callback may follow", () => {
    const context = { ...CONTEXT, canCallBack: true };

    expect(decodeAnswer(anAnswer(202, '{"result":1}'), context)).toEqual({ kind: "accepted" });
    expect(decodeAnswer(anAnswer(200, "1"), context)).toMatchObject({ kind: "succeeded" });
  });
});

function decode(body: string, truncated = false): Answer {
  return decodeAnswer(anAnswer(200, body, { truncated }), OF_STEP);
}

function bodyWithContextOf(chars: number): string {
  const context = { a: "x".repeat(chars - '{"a":""}'.length) };
  return JSON.stringify({ result: 1, context });
}

describe("the context in the answer of a step", () => {
  const INVALID = { ...FAILED, retry: false };

  it.each([
    ['{"result":1,"context":{"day":"mon"}}', { day: "mon" }],
    ['{"context":{"a":{"b":[1]}},"result":null}', { a: { b: [1] } }],
    ['{"result":1,"context":{}}', {}],
    ['{"result":1,"context":null}', null],
    ['{"result":1}', null],
    ["", null],
    ["text", null],
  ])("%s is %j", (body, context) => {
    expect(decode(body)).toMatchObject({ kind: "succeeded", context });
  });

  it("counts beside a result only: else it belongs to what the target says", () => {
    const said = { context: { day: "mon" }, rows: 1 };

    expect(decode(JSON.stringify(said))).toMatchObject({ result: said, context: null });
  });

  it("is not looked at where no step is answered for", () => {
    expect(decodeAnswer(anAnswer(200, '{"result":1,"context":7}'), CONTEXT)).toMatchObject({
      kind: "succeeded",
      result: 1,
      context: null,
    });
  });

  it.each(["7", '"text"', "[1]", "true"])("that is %s makes the answer a failed one", (said) => {
    expect(decode(`{"result":1,"context":${said}}`)).toEqual({
      ...INVALID,
      error: { message: "The answer's context is no JSON object.", code: "context.invalid" },
    });
  });

  it("may have 65,536 characters, and not one more", () => {
    expect(decode(bodyWithContextOf(65_536))).toMatchObject({ kind: "succeeded" });
    expect(decode(bodyWithContextOf(65_537))).toMatchObject({
      ...INVALID,
      error: {
        message: "The answer's context has 65537 characters; at most 65536 are taken.",
        code: "context.invalid",
      },
    });
  });

  it.each([
    '{"result":1,"context":{"a":"xxx',
    '{"context":{"a":"xxx',
    '{"result":{"rows":["\\"","}"]} , "context" : {"a',
  ])("that was cut makes %s a failed one", (body) => {
    expect(decode(body, true)).toMatchObject({ ...INVALID, error: { code: "context.invalid" } });
  });

  it.each([
    '{"result":"xxx',
    '{"result":"\\"context\\":{',
    '{"result":{"context":{"a":1}},"x',
    '{"rows":1,"context":{"a":1},"more":"x',
    '[{"result":1,"context":{',
    '"context":{',
    "context",
    "",
  ])("is not missed in %j, which was cut: a result that says so", (body) => {
    expect(decode(body, true)).toMatchObject({
      kind: "succeeded",
      result: body === "" ? null : body,
      truncated: true,
      context: null,
    });
  });

  it("is looked for in time that grows with the length alone", () => {
    for (const piece of ['\\"', '"', "{", '{"', ":"]) {
      const body = `{"result":"${piece.repeat(65_536 / piece.length)}`;
      const startMs = performance.now();
      decode(body, true);
      expect(performance.now() - startMs).toBeLessThan(1_000);
    }
  });
});

describe("a failure", () => {
  it.each([
    [500, "", { message: "the target answered 500", code: "http_500" }],
    [404, "no such\npage", { message: "the target answered 404: no such\npage", code: "http_404" }],
    [
      500,
      '{"error":{"message":"out of ink","code":"ink"}}',
      { message: "out of ink", code: "ink" },
    ],
    [400, '{"error":{"message":"bad"}}', { message: "bad", code: "http_400" }],
    [400, '{"error":"bad"}', { message: "bad", code: "http_400" }],
    [500, '{"error":{"message":7,"code":{}}}', { code: "http_500" }],
    [500, '{"error":null}', { code: "http_500" }],
    [500, "null", { code: "http_500" }],
    [600, "", { code: "http_600" }],
  ])("%i with %s tells why", (status, body, error) => {
    expect(decodeAnswer(anAnswer(status, body), CONTEXT)).toMatchObject({ ...FAILED, error });
  });

  it("may say not to try again, in words or by its status", () => {
    const asked = [
      [500, '{"retry":false}', false],
      [500, '{"error":{"message":"x"},"retry":false}', false],
      [500, '{"retry":true}', true],
      [500, '{"retry":"false"}', true],
      [500, '[{"retry":false}]', true],
      [489, "", false],
      [489, '{"retry":true}', false],
    ] as const;

    for (const [status, body, retry] of asked)
      expect(decodeAnswer(anAnswer(status, body), CONTEXT)).toMatchObject({
        kind: "failed",
        retry,
      });
  });

  it("may say how long to wait", () => {
    const headers = { "retry-after": "120" };

    for (const status of [429, 503])
      expect(decodeAnswer(anAnswer(status, "", { headers }), CONTEXT)).toMatchObject({
        ...FAILED,
        retryAfterMs: 120_000,
      });
  });

  it("410 tells that a webhook is gone for good", () => {
    expect(decodeAnswer(anAnswer(410), CONTEXT)).toMatchObject({ gone: true, retry: false });
    expect(decodeAnswer(anAnswer(410), { ...CONTEXT, canBeGone: false })).toMatchObject(FAILED);
  });

  it.each([
    ["https://other.example:8443/a?token=secret", "other.example:8443"],
    ["/login?next=secret", "example.com"],
    ["//inside.example/", "inside.example"],
    ["http://[", "an invalid address"],
  ])("a redirect to %s names the host alone", (location, host) => {
    const answer = decodeAnswer(anAnswer(302, "", { headers: { location } }), CONTEXT);

    expect(answer).toMatchObject(FAILED);
    const { message } = answer.kind === "failed" ? answer.error : { message: "" };
    expect(message).toContain(host);
    expect(message).not.toContain("secret");
  });

  it("a 304 is a failure too", () => {
    expect(decodeAnswer(anAnswer(304), CONTEXT)).toMatchObject({
      ...FAILED,
      error: { code: "http_304" },
    });
  });
});

describe("no answer", () => {
  it("in time is a timeout", () => {
    expect(broken("timed_out", true)).toEqual({ kind: "timed_out" });
  });

  it("after the connection was cut leaves the outcome unknown", () => {
    expect(broken("cut", true)).toEqual({
      kind: "unknown",
      error: { message: "why", code: "cut" },
    });
  });

  it("from an unreachable target is a failure that reached nobody", () => {
    expect(broken("unreachable", false)).toEqual({
      ...FAILED,
      error: { message: "why", code: "unreachable" },
      delivered: false,
    });
    expect(broken("timed_out", false)).toMatchObject({ kind: "failed", delivered: false });
  });

  it("from a forbidden address is not tried again", () => {
    expect(broken("refused", false)).toMatchObject({
      kind: "failed",
      retry: false,
      delivered: false,
    });
  });

  it("that can be read is a failure of the target", () => {
    expect(broken("invalid", true)).toMatchObject({ ...FAILED, error: { code: "invalid" } });
  });
});

it("whatever a target says becomes a bounded answer that can be stored", () => {
  const text = fc.oneof(fc.json(), fc.string({ unit: "binary", maxLength: 3_000 }));
  const headers = fc.dictionary(fc.constantFrom("retry-after", "location"), fc.string());

  fc.assert(
    fc.property(fc.integer({ min: 200, max: 999 }), text, headers, (status, body, named) => {
      const isStep = body.length % 2 === 0;
      const given = anAnswer(status, body, { headers: named, truncated: body.length % 3 === 0 });
      const answer = decodeAnswer(given, { ...CONTEXT, isStep });

      expect(JSON.parse(JSON.stringify(answer))).toMatchObject({ kind: answer.kind });
      if (answer.kind !== "failed") return;
      expect(answer.error.message.length).toBeLessThanOrEqual(ANSWER_LIMITS.messageCharsMax);
      expect(answer.error.code?.length).toBeLessThanOrEqual(ANSWER_LIMITS.codeCharsMax);
    }),
  );
});
