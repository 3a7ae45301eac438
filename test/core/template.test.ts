import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import { STEP_NAMES } from "../../src/core/step-scope.ts";
import { compileTemplate, readTemplate, TEMPLATE_LIMITS } from "../../src/core/template.ts";
import { refusal } from "../support/refused.ts";

const USE = { names: STEP_NAMES, pointer: "/steps/0/params" } as const;
const VALUES = {
  params: { day: "2026-11-21", n: 3, list: [1, "x", null], nested: { "a}b": true } },
  context: {},
  steps: { a: { output: { rows: 7, text: "${params.day}" } } },
};
const valueOf = (json: Json): Json => {
  const evaluated = compileTemplate(json, USE).evaluate(VALUES);
  if (evaluated.kind === "error") throw new Error(evaluated.message);
  return evaluated.value;
};
const refusedAt = (json: Json) => refusal(() => compileTemplate(json, USE)).errors?.[0];

describe("a text", () => {
  test.each<readonly [string, Json]>([
    ["plain", "plain"],
    ["", ""],
    ["${params.day}", "2026-11-21"],
    ["${params.n}", 3],
    ["${params.list}", [1, "x", null]],
    ["${params}", VALUES.params],
    [" ${params.n}", " 3"],
    ["${params.n}${params.n}", "33"],
    ["day ${params.day}: ${params.n} of ${params.list}", 'day 2026-11-21: 3 of [1,"x",null]'],
    ["${null} and ${true}", "null and true"],
    ["$${params.n}", "${params.n}"],
    ["$$${params.n}", "$${params.n}"],
    ["${'$'}${params.n}", "$3"],
    ["costs $5 or {5}", "costs $5 or {5}"],
    ["a $ at the end $", "a $ at the end $"],
    ["${{'a': {'b': params.n}}}", { a: { b: 3 } }],
    ["${{'a}': '}'}['a}']}!", "}!"],
    ['${params.nested["a}b"]}', true],
    ["${'it\\'s }'}", "it's }"],
    ["${'''a ' } ' b'''}", "a ' } ' b"],
    ["${params.n // the } of it\n}", 3],
    ["${4.0 / 2.0}", 2],
    ["${ [1, 2] }", [1, 2]],
    // What an expression gives is not read again.
    ["${steps.a.output.text}", "${params.day}"],
  ])("%j", (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  test.each([
    "${",
    "${params.n",
    "a ${params.n} ${",
    "${'}",
    '${"""}"}',
    "${{}",
    "${params.n // }",
  ])("%j is not terminated: refused where it stands", (text) => {
    expect(refusedAt({ "a/b": ["", text] })).toMatchObject({
      pointer: "/steps/0/params/a~1b/1",
      message: expect.stringMatching(/has no }/),
    });
  });

  test.each([
    ["${}", ""],
    ["${params.}", "Expected IDENTIFIER"],
    ["${stepz.a}", "Unknown variable: stepz"],
    ["${params.t.matches('a')}", "matches() is refused"],
    ["${steps[params.a]}", "written out"],
    [`\${'${"x".repeat(1_100)}'}`, "longer than 1024"],
  ])("%s is refused", (text, message) => {
    const error = refusedAt({ x: text });

    expect(error?.pointer).toBe("/steps/0/params/x");
    expect(error?.message).toContain(message);
  });
});

describe("a template", () => {
  test("is filled in wherever it has expressions; keys are taken as they are", () => {
    const json = { day: "${params.day}", "${params.n}": [{ n: "${params.n}" }, 1, null, "x"] };

    expect(valueOf(json)).toEqual({
      day: "2026-11-21",
      "${params.n}": [{ n: 3 }, 1, null, "x"],
    });
  });

  test("says what it speaks of, and whether it is one expression", () => {
    const template = compileTemplate({ a: "${steps.a.output} ${run.id}", b: "${steps.b}" }, USE);

    expect(template.references).toEqual({ names: ["steps", "run"], steps: ["a", "b"] });
    expect(template.isExpression).toBe(false);
    expect(compileTemplate("${params}", USE).isExpression).toBe(true);
    expect(compileTemplate("a ${params}", USE).isExpression).toBe(false);
    expect(compileTemplate(null, USE).isExpression).toBe(false);
  });

  test("without expressions gives back what it was, whatever it was", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const copy: Json = JSON.parse(JSON.stringify(value).replaceAll("$", "s"));
        expect(valueOf(copy)).toEqual(copy);
      }),
    );
  });

  test("gives any value back through one expression, and any text when it is escaped", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const copy: Json = JSON.parse(JSON.stringify(value));
        const evaluated = compileTemplate({ x: ["${params}"] }, USE).evaluate({ params: copy });
        expect(evaluated).toEqual({ kind: "value", value: { x: [copy] } });
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom("$", "{", "}", "a", "'", '"', "\\")), (chars) => {
        const text = chars.join("");
        expect(valueOf(text.replaceAll("${", () => "$${"))).toBe(text);
      }),
    );
  });

  test("never throws anything but a refusal", () => {
    const aPiece = fc.constantFrom("${", "}", "$", "{", "'", '"', "params", ".", "a", "//", "\n");
    fc.assert(
      fc.property(fc.array(aPiece), (pieces) => {
        let evaluated: unknown;
        try {
          evaluated = compileTemplate(pieces.join(""), USE).evaluate(VALUES);
        } catch {
          evaluated = refusal(() => compileTemplate(pieces.join(""), USE));
        }
        expect(evaluated).toBeDefined();
      }),
      { numRuns: 1_000 },
    );
  });

  test("what cannot be evaluated is an error value that shows the expression", () => {
    const template = compileTemplate({ a: 1, b: "x ${params.missing.field}" }, USE);

    expect(template.evaluate(VALUES)).toEqual({
      kind: "error",
      message: "${params.missing.field}: No such key: missing",
    });
  });
});

describe("limits", () => {
  test.each<readonly [string, Json, string]>([
    [
      "expressions",
      Array.from({ length: TEMPLATE_LIMITS.expressionsMax + 1 }, () => "${run}"),
      "more than 100 expressions",
    ],
    ["size", ["x".repeat(TEMPLATE_LIMITS.sizeMax)], "larger than"],
    ["depth", JSON.parse(`${"[".repeat(40)}${"]".repeat(40)}`), "deeper than 32"],
  ])("%s", (_, json, message) => {
    expect(refusedAt(json)?.message).toContain(message);
  });

  test("one that was accepted once and is no more gives its reason at each evaluation", () => {
    expect(readTemplate("${params.}", STEP_NAMES).evaluate(VALUES)).toMatchObject({
      kind: "error",
      message: expect.stringContaining("not valid"),
    });
  });
});
