import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpression, EXPRESSION_LIMITS } from "../../src/core/expression.ts";
import { checkHashKey, HASH_KEY_LIMITS, hashKeyOf } from "../../src/core/hash-key.ts";
import type { Json } from "../../src/core/json.ts";
import { refusal } from "../support/refused.ts";
import { EXECUTOR_DEFAULTS } from "../support/specs.ts";

const NAMES = { names: ["params", "job"], pointer: "/when" } as const;
const PARAMS = { customer: "acme", n: 3, list: [1, 2], nested: { "a b": true }, nothing: null };

const valueOf = (text: string, params: Json = PARAMS): Json => {
  const evaluated = compileExpression(text, NAMES).evaluate({ params, job: "nightly" });
  if (evaluated.kind === "error") throw new Error(evaluated.message);
  return evaluated.value;
};
const errorOf = (text: string, params: Json = PARAMS): string => {
  const evaluated = compileExpression(text, NAMES).evaluate({ params, job: "nightly" });
  return evaluated.kind === "error" ? evaluated.message : "no error";
};
const refusedFor = (text: string): string =>
  refusal(() => compileExpression(text, NAMES)).errors?.[0]?.message ?? "";

describe("values", () => {
  test.each<readonly [string, Json]>([
    ["params.customer", "acme"],
    ["job + '/' + params.customer", "nightly/acme"],
    ["params.n > 2 && params.customer == 'acme'", true],
    ["params.n + 1.0", 4],
    ["size(params.list)", 2],
    ["7u", 7],
    ["9007199254740993", "9007199254740993"],
    ["{'a': params.n, 'b': [1, 'x', null]}", { a: 3, b: [1, "x", null] }],
    ["params.nested['a b'] ? 'yes' : 'no'", "yes"],
    ["params.?missing.orValue('none')", "none"],
    ["params.?missing", null],
    ["has(params.customer) && !has(params.missing)", true],
    ["timestamp('2026-11-21T02:00:00Z')", "2026-11-21T02:00:00.000Z"],
    ["timestamp('2026-11-21T02:00:00Z').getHours()", 2],
    ["params.nothing", null],
  ])("%s", (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  test("whatever the params are, they come back as they went in, and their absence is an error", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const copy: Json = JSON.parse(JSON.stringify(value));
        expect(valueOf("params.x", { x: copy })).toEqual(copy);
      }),
    );
    expect(errorOf("params.x.y", { x: 1 })).not.toBe("no error");
  });
});

describe("errors of evaluation are values", () => {
  test.each([
    ["params.missing", "No such key: missing"],
    ["params.constructor", "No such key: constructor"],
    ["params.customer + 1", "no such overload"],
    ["1 / 0", "division by zero"],
    ["double('NaN')", "It gives a number that JSON does not have."],
    ["duration('1h')", "It gives something that JSON does not have."],
  ])("%s", (text, message) => {
    expect(errorOf(text).toLowerCase()).toContain(message.toLowerCase());
  });
});

describe("what is refused when a job is saved", () => {
  test("the refusal points at the field", () => {
    expect(refusal(() => compileExpression("params.", NAMES))).toMatchObject({
      code: "expression.invalid",
      errors: [{ pointer: "/when" }],
    });
  });

  test.each([
    ["params[", "unexpected token"],
    ["stepz.a", "unknown variable: stepz"],
    ["foo(1)", "no function foo()"],
    ["'a' + 1", "no such overload"],
    ["", ""],
    [`'${"x".repeat(EXPRESSION_LIMITS.charsMax)}'`, "longer than"],
    [`${"(".repeat(60)}1${")".repeat(60)}`, "maxdepth"],
    [`${"[".repeat(60)}1${"]".repeat(60)}`, "maxdepth"],
  ])("%s", (text, message) => {
    expect(refusedFor(text).toLowerCase()).toContain(message);
  });

  test.each([
    "job.matches('(a+)+$')",
    "params.list.exists(x, job.matches('a'))",
    "[job.matches('a')]",
    "{'a': job.matches('a')}",
    "true ? job.matches('a') : false",
    "!job.matches('a')",
    "'x' in [string(job.matches('a'))]",
  ])("%s: whatever could run for long is found wherever it stands", (text) => {
    expect(refusedFor(text)).toMatch(/matches\(\) is refused|no function exists\(\)/);
  });

  test.each([
    "params.list.map(x, x)",
    "params.list.all(x, true)",
    "params.list.filter(x, true)",
    "cel.bind(a, job + job, a + a)",
    "job.split('')",
    "params.list.join('')",
    "job.contains('a')",
  ])("%s: there are no loops, and nothing whose work outgrows its input", (text) => {
    expect(refusedFor(text)).toMatch(/^There is no function/);
  });

  test("no text makes it throw anything but a refusal", () => {
    const aPiece = fc.constantFrom(
      ..."params job . ?. [ ] ( ) { } , : ? + - * / % ! && || == in 'a' 1 2.5 1u true null x has size".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(aPiece).map((all) => all.join(" ")),
          fc.string(),
        ),
        (text) => {
          let isSound = true;
          try {
            compileExpression(text, NAMES).evaluate({ params: PARAMS, job: "nightly" });
          } catch {
            isSound = false;
          }
          if (!isSound) expect(refusedFor(text)).toBeTypeOf("string");
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("the hash key", () => {
  const TARGET = {
    kind: "executor",
    executor: "orders",
    handler: "report",
    ...EXECUTOR_DEFAULTS,
    route: "consistent_hash",
  } as const;
  const occasion = { job: "nightly", params: PARAMS, nominalMs: 0 };
  const keyOf = (hashKey: string | null) => hashKeyOf({ ...TARGET, hashKey }, occasion);

  test("is the job's name unless it says otherwise", () => {
    expect(keyOf(null)).toEqual({ kind: "key", key: "nightly" });
    expect(keyOf("params.customer")).toEqual({ kind: "key", key: "acme" });
    expect(keyOf("params.n")).toEqual({ kind: "key", key: "3" });
    expect(keyOf("job + ' ' + nominalAt")).toEqual({
      kind: "key",
      key: "nightly 1970-01-01T00:00:00.000Z",
    });
  });

  test("is not looked at by the other policies", () => {
    expect(hashKeyOf({ route: "first", hashKey: "params.missing" }, occasion)).toEqual({
      kind: "key",
      key: "nightly",
    });
  });

  test("that cannot be told is an error value, also when it is far too long", () => {
    expect(keyOf("params.missing")).toMatchObject({ kind: "error" });
    expect(keyOf("params.")).toMatchObject({ kind: "error" });
    const customer = "x".repeat(HASH_KEY_LIMITS.charsMax + 1);
    expect(
      hashKeyOf({ ...TARGET, hashKey: "params.customer" }, { ...occasion, params: { customer } }),
    ).toMatchObject({ kind: "error" });
  });

  test("is checked with the job, under its own pointer", () => {
    expect(() => checkHashKey({ ...TARGET, hashKey: "params.customer" })).not.toThrow();
    expect(refusal(() => checkHashKey({ ...TARGET, hashKey: "customer" }))).toMatchObject({
      code: "expression.invalid",
      errors: [{ pointer: "/target/hashKey" }],
    });
  });
});
