import { Environment, Optional, type ASTNode, type ParseResult } from "@marcbachmann/cel-js";
import { BoundedMap } from "./bounded-map.ts";
import type { Json } from "./json.ts";
import { Refusal } from "./refusal.ts";

export const EXPRESSION_LIMITS = {
  charsMax: 512,
  /** Calls, selections and brackets within each other. */
  depthMax: 32,
  /** Compiled expressions that are kept, and sets of names. */
  keptMax: 2_000,
  nameSetsMax: 16,
} as const;

/**
 * The functions that an expression may call. Each takes time in proportion to what it reads at most, and
 * nothing here can repeat, so the length of the text bounds the work. That is why regular expressions, loops
 * over lists (`map`, `all`, …), `cel.bind`, `join` and searching for a text within a text are missing.
 */
const FUNCTIONS: ReadonlySet<string> = new Set(
  `has size string int double bool timestamp duration
   startsWith endsWith lowerAscii upperAscii trim substring
   or orValue hasValue value
   getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear
   getHours getMilliseconds getMinutes getMonth getSeconds`.split(/\s+/),
);

export type Evaluated =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "error"; readonly message: string };

/** An expression that was found to be sound. */
export interface Expression {
  /** Never throws: what goes wrong with these values, such as a field that is not there, is an error value. */
  evaluate(values: { readonly [name: string]: Json }): Evaluated;
}

const environments = new BoundedMap<string, Environment>(EXPRESSION_LIMITS.nameSetsMax);
const compiled = new BoundedMap<string, Expression>(EXPRESSION_LIMITS.keptMax);

/**
 * Reads an expression in CEL (Common Expression Language, cel.dev) over the given names. Numbers of JSON are
 * doubles in it: `n + 1.0`, not `n + 1`. Throws a refusal that points at `pointer`: for what CEL does not
 * allow, a name or function that there is not, a text too long or too deep.
 */
export function compileExpression(
  text: string,
  { names, pointer }: { readonly names: readonly string[]; readonly pointer: string },
): Expression {
  const read = readExpression(text, names);
  if (typeof read !== "string") return read;
  throw new Refusal("expression.invalid", `The expression is not valid: ${read}`, {
    errors: [{ pointer, message: read }],
    hint: `It is CEL over ${names.join(", ")}.`,
  });
}

/** The same for an expression that was accepted before: what is wrong with it is a sentence. */
export function readExpression(text: string, names: readonly string[]): Expression | string {
  const key = `${names.join(" ")}\n${text}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const parsed = text.length > EXPRESSION_LIMITS.charsMax ? TOO_LONG : parse(text, names);
  if (typeof parsed === "string") return parsed;
  const expression: Expression = { evaluate: (values) => evaluate(parsed, values) };
  compiled.set(key, expression);
  return expression;
}

const TOO_LONG = `It is longer than ${EXPRESSION_LIMITS.charsMax} characters.`;

/** The parsed expression, or what is wrong with it. */
function parse(text: string, names: readonly string[]): ParseResult | string {
  try {
    const parsed = environmentOf(names).parse(text);
    const foreign = foreignCall(parsed.ast);
    if (foreign === "matches")
      return "matches() is refused: a regular expression can run for ever.";
    if (foreign !== undefined) return `There is no function ${foreign}() here.`;
    const { valid, error } = parsed.check();
    return valid ? parsed : summaryOf(error);
  } catch (error) {
    return summaryOf(error);
  }
}

function environmentOf(names: readonly string[]): Environment {
  const key = names.join(" ");
  const known = environments.get(key);
  if (known !== undefined) return known;
  const { charsMax, depthMax } = EXPRESSION_LIMITS;
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: charsMax, maxDepth: depthMax },
  });
  for (const name of names) environment.registerVariable(name, "dyn");
  environments.set(key, environment);
  return environment;
}

/** The first function that may not be called; undefined when there is none. */
function foreignCall(node: ASTNode): string | undefined {
  if ((node.op === "call" || node.op === "rcall") && !FUNCTIONS.has(node.args[0]))
    return node.args[0];
  return foreignWithin(node.args);
}

function foreignWithin(args: unknown): string | undefined {
  if (Array.isArray(args)) {
    for (const arg of args) {
      const found = foreignWithin(arg);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return isNode(args) ? foreignCall(args) : undefined;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

function evaluate(parsed: ParseResult, values: { readonly [name: string]: Json }): Evaluated {
  try {
    const value: unknown = parsed(values);
    return { kind: "value", value: jsonOf(value) };
  } catch (error) {
    return { kind: "error", message: summaryOf(error) };
  }
}

/** Only the sentence: what the library adds draws the place in the text over several lines. */
function summaryOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line;
}

class NotJson extends Error {}

/** What an expression gave, as JSON. Whole numbers too large for a double become text. */
function jsonOf(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "object") return jsonOfObject(value);
  throw new NotJson("It gives a number that JSON does not have.");
}

function jsonOfObject(value: object): Json {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Optional) return value.hasValue() ? jsonOf(value.value()) : null;
  if (value instanceof Map) return jsonOfEntries([...value.entries()]);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    return jsonOfEntries(Object.entries(value));
  const plain: unknown = value.valueOf(); // An unsigned integer of CEL is an object.
  if (typeof plain === "bigint") return jsonOf(plain);
  throw new NotJson("It gives something that JSON does not have.");
}

function jsonOfEntries(entries: readonly (readonly [unknown, unknown])[]): Json {
  return Object.fromEntries(entries.map(([key, value]) => [String(key), jsonOf(value)]));
}
