import { describe, expect, it } from "vitest";
import { checkUserHeaders, USER_HEADER_LIMITS } from "../../src/adapters/egress-headers.ts";
import { Refusal, type RefusalData } from "../../src/core/refusal.ts";

const RESERVED = [
  ..."host content-length transfer-encoding connection upgrade te trailer expect".split(" "),
  ..."keep-alive proxy-authorization proxy-connection cf-connecting-ip cf-ray".split(" "),
  ..."idempotency-key traceparent tracestate user-agent accept-encoding".split(" "),
  ..."tickwheel-run tickwheel-callback-token webhook-id webhook-signature".split(" "),
  ..."x-forwarded-for forwarded via sec-fetch-site".split(" "),
] as const;

function refusalOf(headers: Readonly<Record<string, string>>): RefusalData {
  try {
    checkUserHeaders(headers);
  } catch (error) {
    if (error instanceof Refusal) return error.data;
    throw error;
  }
  throw new Error("the headers were accepted");
}

describe("headers that a user sets on a target", () => {
  it("are kept with lower-case names", () => {
    const headers = { Authorization: "Bearer x", "X-Team": "Blue ~ 1\t", accept: "*/*" };

    expect(checkUserHeaders(headers)).toEqual({
      authorization: "Bearer x",
      "x-team": "Blue ~ 1\t",
      accept: "*/*",
    });
  });

  it.each(RESERVED)("%s is reserved in any case", (name) => {
    expect(refusalOf({ [name]: "x" }).code).toBe("target.refused");
    expect(refusalOf({ [name.toUpperCase()]: "x" }).errors?.[0]?.message).toMatch(/reserved/);
  });

  it.each(["", "a b", "a:b", "a\r\nb", "ä", "a\u0000", "(a)"])("%j is no name", (name) => {
    expect(refusalOf({ [name]: "x" }).errors?.[0]?.message).toMatch(/not a header name/);
  });

  it.each(["a\r\nb: c", "a\nb", "a\rb", "a\u0000", "ä", "\u007f", "🍵"])(
    "%j is no value",
    (value) => {
      expect(refusalOf({ "x-a": value }).errors?.[0]?.message).toMatch(/printable/);
    },
  );

  it("are pointed at by RFC 6901", () => {
    expect(refusalOf({ "a/b~c": "x", ok: "y" }).errors?.[0]?.pointer).toBe(
      "/target/headers/a~1b~0c",
    );
  });

  it("are given once, and neither too many nor too long", () => {
    const { countMax, nameCharsMax, valueCharsMax } = USER_HEADER_LIMITS;
    const many = Array.from({ length: countMax + 1 }, (_, i) => [`x-${i}`, ""] as const);

    expect(refusalOf({ "x-a": "1", "X-A": "2" }).detail).toMatch(/twice/);
    expect(refusalOf(Object.fromEntries(many)).detail).toMatch(/at most/);
    expect(refusalOf({ ["x".repeat(nameCharsMax + 1)]: "1" }).detail).toMatch(/longer/);
    expect(refusalOf({ "x-a": "1".repeat(valueCharsMax + 1) }).detail).toMatch(/longer/);
  });
});
