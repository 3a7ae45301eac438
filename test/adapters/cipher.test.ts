import { hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCipher } from "../../src/adapters/cipher.ts";
import { secretContext } from "../../src/ports/cipher.ts";
import { MASTER_KEY, OTHER_MASTER_KEY } from "../support/master-keys.ts";

const cipher = createCipher(MASTER_KEY);

describe("sealing", () => {
  it("opening what was sealed gives the same text back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (plain, context) => {
        expect(cipher.open(cipher.seal(plain, context), context)).toBe(plain);
      }),
    );
  });

  it("the same text is never sealed alike, and does not show", () => {
    const sealed = Array.from({ length: 100 }, () => cipher.seal("tws_secret", "c"));

    expect(new Set(sealed).size).toBe(100);
    for (const text of sealed) {
      expect(text).toMatch(/^v1\.[\w-]{16}\.[\w-]+$/);
      expect(Buffer.from(text, "base64").toString("latin1")).not.toContain("tws_secret");
    }
  });

  it("a secret does not open in another place", () => {
    const sealed = cipher.seal("secret", secretContext("default", "billing"));

    expect(() => cipher.open(sealed, secretContext("default", "mailing"))).toThrow(/does not open/);
    expect(() => cipher.open(sealed, secretContext("other", "billing"))).toThrow(/does not open/);
  });

  it("a secret does not open under another master key", () => {
    const other = createCipher(OTHER_MASTER_KEY);

    expect(() => other.open(cipher.seal("secret", "c"), "c")).toThrow(/does not open/);
  });

  it("a text that was changed in any place does not open", () => {
    const sealed = cipher.seal("secret", "c");
    const flipped = Array.from(sealed, (char, i) => {
      const changed = char === "A" ? "B" : "A";
      return sealed.slice(0, i) + changed + sealed.slice(i + 1);
    });
    const cut = Array.from(sealed, (_, i) => sealed.slice(0, i));

    // The last character of Base64 may carry bits that belong to no byte.
    for (const text of [...flipped.slice(0, -1), ...cut, `${sealed}.`, `${sealed}.x`, "v2.a.b"])
      expect(() => cipher.open(text, "c")).toThrow(/does not open/);
  });
});

describe("deriving", () => {
  it("a purpose gives 32 bytes, always the same, and others for each purpose and key", () => {
    const again = createCipher(MASTER_KEY);

    expect(cipher.derive("a")).toHaveLength(32);
    expect(again.derive("a")).toEqual(cipher.derive("a"));
    expect(cipher.derive("b")).not.toEqual(cipher.derive("a"));
    expect(createCipher(OTHER_MASTER_KEY).derive("a")).not.toEqual(cipher.derive("a"));
  });

  it("the bytes are those of HKDF-SHA256, so that they outlive this code", () => {
    const key = Buffer.from(MASTER_KEY, "base64");
    const expected = hkdfSync("sha256", key, "tickwheel", "derive\u0000callback-token", 32);

    expect(Buffer.from(cipher.derive("callback-token"))).toEqual(Buffer.from(expected));
  });
});

describe("master keys", () => {
  const counting = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  const short = Buffer.from(MASTER_KEY, "base64").subarray(1).toString("base64");

  it.each(["", "secret", short, `${MASTER_KEY}AAAA`, `${MASTER_KEY.slice(0, -2)}!=`])(
    "%j is not 32 bytes in Base64",
    (key) => {
      expect(() => createCipher(key)).toThrow(/32 random bytes/);
    },
  );

  it.each([
    Buffer.alloc(32),
    Buffer.alloc(32, 0xff),
    Buffer.alloc(32, "a"),
    Buffer.alloc(32, "changeme"),
    counting,
    Buffer.from(counting.toReversed()),
  ])("%s is not random", (bytes) => {
    expect(() => createCipher(bytes.toString("base64"))).toThrow(/not random/);
  });
});
