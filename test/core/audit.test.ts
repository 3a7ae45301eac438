import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chained, NO_ENTRIES, walkChain, type ChainLink } from "../../src/core/audit-chain.ts";
import { changedPointers } from "../../src/core/audit-changes.ts";
import { redacted, REDACTED, redactedText } from "../../src/core/audit-redact.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { Json } from "../../src/core/json.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

interface Note {
  readonly what: string;
  readonly value: Json;
}

function aChain(notes: readonly Note[]): readonly (Note & ChainLink)[] {
  const entries: (Note & ChainLink)[] = [];
  for (const note of notes) {
    const { entry, text } = chained(note, entries.at(-1) ?? NO_ENTRIES, sha256);
    expect(text).toBe(canonicalJson(entry));
    entries.push(entry);
  }
  return entries;
}

const links = (entries: readonly (Note & ChainLink)[]) =>
  entries.map((entry) => ({ seq: entry.seq, entry }));

// What arrives as JSON: `-0` is written as 0.
const anyJson = fc
  .jsonValue({ maxDepth: 3 })
  .map((value): Json => JSON.parse(JSON.stringify(value)));
const someNotes = fc.array(fc.record({ what: fc.string({ unit: "binary" }), value: anyJson }), {
  minLength: 1,
  maxLength: 8,
});

describe("a chain", () => {
  it("counts from one and hangs each entry on the one before", () => {
    const [first, second] = aChain([
      { what: "a", value: 1 },
      { what: "b", value: null },
    ]);

    expect(first).toMatchObject({ seq: 1, prevHash: "0".repeat(64) });
    expect(second).toMatchObject({ seq: 2, prevHash: first?.hash });
    const body = '{"prevHash":"' + first?.hash + '","seq":2,"value":null,"what":"b"}';
    expect(second?.hash).toBe(sha256(`${first?.hash}${body}`));
  });

  it("holds over whatever its entries say, also after they were stored as text", () => {
    fc.assert(
      fc.property(someNotes, (notes) => {
        const entries = aChain(notes).map((entry) => JSON.parse(canonicalJson(entry)));

        const verdict = walkChain(NO_ENTRIES, links(entries), sha256);

        expect(verdict).toMatchObject({ brokenAt: null, count: notes.length });
        expect(verdict.head).toMatchObject({ seq: notes.length, hash: entries.at(-1).hash });
      }),
    );
  });

  it("is broken where an entry was changed, taken out, put in, or made unreadable", () => {
    const entries = aChain(["a", "b", "c", "d"].map((what) => ({ what, value: null })));
    const all = links(entries);
    const [first, second, third, fourth] = all;
    if (!first || !second || !third || !fourth) throw new Error("there are four");
    const changed = { seq: 2, entry: { ...second.entry, what: "x" } };
    const forged = {
      seq: 2,
      entry: chained({ what: "x", value: null }, first.entry, sha256).entry,
    };
    const cases = [
      [[first, changed, third], 2],
      [[first, third], 2],
      [[second, third], 1],
      [[first, forged, third], 3],
      [[first, second, { seq: 3, entry: null }, fourth], 3],
      [[first, second, { seq: 4, entry: third.entry }], 3],
    ] as const;

    const found = cases.map(([some]) => walkChain(NO_ENTRIES, some, sha256));

    expect(found.map(({ brokenAt }) => brokenAt)).toEqual(cases.map(([, brokenAt]) => brokenAt));
  });
});

describe("redaction", () => {
  it("takes away what a key announces, however it is written and however deep", () => {
    const value = {
      name: "job",
      appSecret: "s",
      params: [{ "Pass-Word": 1234, nested: { setup_token: { a: "x", b: [1, null, true] } } }],
      target: { headers: { Authorization: "Basic x", "X-Api-Key": "k", Accept: "text/html" } },
    };

    expect(redacted(value)).toEqual({
      name: "job",
      appSecret: REDACTED,
      params: [
        {
          "Pass-Word": REDACTED,
          nested: { setup_token: { a: REDACTED, b: [REDACTED, null, true] } },
        },
      ],
      target: { headers: { Authorization: REDACTED, "X-Api-Key": REDACTED, Accept: "text/html" } },
    });
  });

  it.each([
    [`use tw_${"a1_-".repeat(11)} here`, `use ${REDACTED} here`],
    [`whsec_${"A+/=".repeat(11)}`, REDACTED],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", REDACTED],
    ["curl -H 'Authorization: Bearer abcdefgh123'", `curl -H 'Authorization: Bearer ${REDACTED}'`],
    ["https://user:pw@example.com/a", `https://${REDACTED}@example.com/a`],
    ["https://example.com/?a=1&api_key=k&b=2", `https://example.com/?a=1&api_key=${REDACTED}&b=2`],
    ["tw_short and eyJust text, a=b", "tw_short and eyJust text, a=b"],
    ["line\nbell\u0007 \u001b[31m \u202eturned", "line\nbell\u0007 \u001b[31m \u202eturned"],
  ])("makes of the text %j %j", (text, expected) => {
    expect(redactedText(text)).toBe(expected);
    expect(redacted([text])).toEqual([expected]);
  });

  it("keeps the shape of a value, and a key that would change a prototype is one like any other", () => {
    const value: Json = JSON.parse('{"__proto__":{"a":[1,"x",false]},"b":null}');

    expect(JSON.stringify(redacted(value))).toBe('{"__proto__":{"a":[1,"x",false]},"b":null}');
  });

  it("takes a hostile text in little time", () => {
    const hostile = ["eyJ", "Bearer ", "?a", "&", "https://", "tw_"].map((part) =>
      part.repeat(40_000),
    );
    const beginMs = performance.now();

    for (const text of hostile) redactedText(text);

    expect(performance.now() - beginMs).toBeLessThan(2_000);
  });
});

describe("the differences of two values", () => {
  it("are named by pointers", () => {
    const before = { a: 1, b: { c: [1, 2], "d/e": "x" }, gone: null, same: [{}] };
    const after = { a: 2, b: { c: [1, 3, 4], "d/e": null }, same: [{}], new: false };

    const expected = ["/a", "/b/c/1", "/b/c/2", "/b/d~1e", "/gone", "/new"];
    expect(changedPointers(before, after)).toEqual(expected);
    expect(changedPointers(1, "1")).toEqual([""]);
  });

  it("are none between equal values, and never more than a hundred", () => {
    fc.assert(
      fc.property(anyJson, anyJson, (before, after) => {
        const pointers = changedPointers(before, after);
        expect(pointers.length === 0).toBe(canonicalJson(before) === canonicalJson(after));
        expect(pointers.length).toBeLessThanOrEqual(100);
      }),
    );
    const many = Array.from({ length: 200 }, (_, i) => i);
    expect(changedPointers(many, [])).toHaveLength(100);
  });
});
