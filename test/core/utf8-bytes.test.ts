import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../src/core/utf8-bytes.ts";

test("counts the bytes that an encoder makes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});
