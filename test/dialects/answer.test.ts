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
  nowMs: NOW_MS,
};
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
    });
  });

  it("that was cut is text, and says so", () => {
    expect(decodeAnswer(anAnswer(200, "[1]", { truncated: true }), CONTEXT)).toEqual({
      kind: "succeeded",
      result: "[1]",
      truncated: true,
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
      const answer = decodeAnswer(anAnswer(status, body, { headers: named }), CONTEXT);

      expect(JSON.parse(JSON.stringify(answer))).toMatchObject({ kind: answer.kind });
      if (answer.kind !== "failed") return;
      expect(answer.error.message.length).toBeLessThanOrEqual(ANSWER_LIMITS.messageCharsMax);
      expect(answer.error.code?.length).toBeLessThanOrEqual(ANSWER_LIMITS.codeCharsMax);
    }),
  );
});
