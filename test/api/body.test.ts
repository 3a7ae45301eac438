import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkJson, depthOf } from "../../src/api/body.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { Refusal } from "../../src/core/refusal.ts";

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

/** What `checkJson` throws for a text; null when it takes it. */
function thrownBy(text: string): unknown {
  try {
    checkJson(text);
    return null;
  } catch (error) {
    return error;
  }
}

describe("checking a body", () => {
  it("throws refusals only, and none for JSON that parses", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const thrown = thrownBy(text);
        expect(thrown === null || thrown instanceof Refusal).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        const isPoisoned = /__proto__|constructor|prototype/.test(text);
        expect(thrownBy(text) === null || isPoisoned).toBe(true);
      }),
    );
  });
});

describe("canonical JSON", () => {
  it("is one text for one meaning, whatever the order of keys", () => {
    const value = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.array(fc.boolean()));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (object) => {
        const turned = Object.fromEntries(Object.entries(object).toReversed());

        expect(canonicalJson(turned)).toBe(canonicalJson(object));
        expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it("sorts keys at every level", () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: "é" })).toBe(
      '{"a":"é","b":[{"c":null,"d":1}]}',
    );
  });
});
