import { describe, expect, it } from "vitest";
import { mergePatch } from "../../src/api/job-patch.ts";
import { ifMatchOf } from "../../src/api/etag.ts";

describe("a merge patch", () => {
  // The examples of RFC 7396, appendix A, with a patch that is JSON.
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("laid over %j as %j makes %j", (stored, patch, merged) => {
    expect(mergePatch(stored, patch)).toEqual(merged);
  });
});

describe("If-Match", () => {
  it.each([
    [undefined, null],
    ["*", { kind: "any" }],
    ['"3"', { kind: "versions", versions: [3] }],
    ['"3", "4"', { kind: "versions", versions: [3, 4] }],
    ['W/"3"', { kind: "versions", versions: [] }],
    ['W/"3", "4"', { kind: "versions", versions: [4] }],
    ['"abc"', { kind: "versions", versions: [] }],
  ])("reads %j", (text, meaning) => {
    expect(ifMatchOf(text)).toEqual(meaning);
  });

  it.each(["3", "", "'3'", '"3" "4"', '"3",'])("refuses %j", (text) => {
    expect(() => ifMatchOf(text)).toThrow(/request\.invalid/);
  });
});
