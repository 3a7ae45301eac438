import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkJson, depthOf } from "../../src/api/body.ts";
import { canonicalJson } from "../../src/api/digest.ts";
import { Refusal } from "../../src/core/refusal.ts";
import type { Json } from "../../src/core/json.ts";

function nesting(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(nesting));
}

describe("the depth of JSON text", () => {
  it("is the nesting of what it parses to", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8, stringUnit: "binary" }), (text) => {
        expect(depthOf(text)).toBe(nesting(JSON.parse(text)));
      }),
    );
  });

  it("is not fooled by brackets and quotes within strings", () => {
    expect(depthOf(String.raw`["[{\"[", "\\", "{"]`)).toBe(1);
  });

  it("is found in a megabyte of brackets without recursion", () => {
    expect(depthOf("[".repeat(1_000_000))).toBe(1_000_000);
  });
});

describe("checking a body", () => {
  it("throws refusals only, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          checkJson(text);
          JSON.parse(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});

describe("canonical JSON", () => {
  it("is one text for one meaning, whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const keys = Object.keys(object).toReversed();
        const turned = Object.fromEntries(keys.map((key) => [key, object[key]]));
        // `jsonValue` makes nothing but JSON.
        expect(canonicalJson(turned as Json)).toBe(canonicalJson(object as Json));
        expect(JSON.parse(canonicalJson(object as Json))).toEqual(
          JSON.parse(JSON.stringify(object)),
        );
      }),
    );
  });
});
