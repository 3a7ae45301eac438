import { Environment, Optional, type ParseResult } from "@marcbachmann/cel-js";
import { BoundedMap } from "./bounded-map.ts";
import { guardLoops, type LoopGuard } from "./expression-loops.ts";
import { foreignCall, LOOPS, referencesOf, type References } from "./expression-walk.ts";
import type { Json } from "./json.ts";
import { Refusal } from "./refusal.ts";
import { WeightedMap } from "./weighted-map.ts";

export type { References } from "./expression-walk.ts";

export const EXPRESSION_LIMITS = {
  charsMax: 512,
  /** Calls, selections and brackets within each other. */
  depthMax: 32,
  /** Values and characters that one gives. */
  sizeMax: 4_000_000,
  /** Characters of the parsed expressions that are kept: each takes up to 180 bytes. */
  keptCharsMax: 65_536,
  /** Sets of names, with their bounds. */
  nameSetsMax: 16,
} as const;

/** What an expression may be where it stands. */
export interface ExpressionBounds {
  readonly charsMax: number;
  readonly depthMax: number;
  /** `list.exists(x, …)` and the like; 0 refuses them. `guardLoops` says what they are held to. */
  readonly loopsMax: number;
}

const PLAIN: ExpressionBounds = {
  charsMax: EXPRESSION_LIMITS.charsMax,
  depthMax: EXPRESSION_LIMITS.depthMax,
  loopsMax: 0,
};

/** Which names an expression may speak of, and how long it may be; left out, short and without loops. */
export interface ExpressionUse {
  readonly names: readonly string[];
  readonly bounds?: ExpressionBounds;
}

/**
 * The functions that an expression may call. Each takes time in proportion to what it reads at most, and
 * nothing here can repeat, so the length of the text bounds the work. That is why regular expressions,
 * `cel.bind`, `join` and searching for a text within a text are missing; loops over lists have a bound of
 * their own.
 */
const FUNCTIONS: ReadonlySet<string> = new Set(
  `has size string int double bool timestamp duration
   startsWith endsWith lowerAscii upperAscii trim substring
   or orValue hasValue value
   getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear
   getHours getMilliseconds getMinutes getMonth getSeconds`.split(/\s+/),
);
const WITH_LOOPS: ReadonlySet<string> = new Set([...FUNCTIONS, ...LOOPS]);

export type Evaluated =
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "error"; readonly message: string };

/** How much several evaluations may still give together, in values and characters. */
export interface Room {
  left: number;
}

/**
 * An expression that was found to be sound. It is small, so that a definition may hold thousands: how it was
 * parsed is kept apart, for a while, and made again when it is needed again.
 */
export interface Expression {
  readonly references: References;
  /**
   * Never throws: what goes wrong with these values, such as a field that is not there, is an error value. So
   * is what does not fit into `room`, which is taken from.
   */
  evaluate(values: { readonly [name: string]: Json }, room?: Room): Evaluated;
}

const environments = new BoundedMap<string, Environment>(EXPRESSION_LIMITS.nameSetsMax);
const kept = new WeightedMap<string, Parsed>(EXPRESSION_LIMITS.keptCharsMax);

/** A parsed expression: some hundred times as large as its text. */
interface Parsed {
  readonly run: ParseResult;
  readonly references: References;
  readonly guard: LoopGuard;
}

/**
 * Reads an expression in CEL (Common Expression Language, cel.dev) over the given names. Numbers of JSON are
 * doubles in it: `n + 1.0`, not `n + 1`. Throws a refusal that points at `pointer`: for what CEL does not
 * allow, a name or function that there is not, a text too long or too deep, and `steps` without the plain name
 * of a step.
 */
export function compileExpression(
  text: string,
  use: ExpressionUse & { readonly pointer: string },
): Expression {
  const read = readExpression(text, use.names, use.bounds);
  if (typeof read !== "string") return read;
  throw new Refusal("expression.invalid", `The expression is not valid: ${read}`, {
    errors: [{ pointer: use.pointer, message: read }],
    hint: text.trimStart().startsWith("${")
      ? "It is CEL as it stands: leave out the ${ and the }."
      : `It is CEL over ${use.names.join(", ")}.`,
  });
}

/** The same for an expression that was accepted before: what is wrong with it is a sentence. */
export function readExpression(
  text: string,
  names: readonly string[],
  bounds: ExpressionBounds = PLAIN,
): Expression | string {
  const parsed = parsedOf(text, names, bounds);
  if (typeof parsed === "string") return parsed;
  return {
    references: parsed.references,
    evaluate: (values, room = { left: EXPRESSION_LIMITS.sizeMax }) =>
      evaluate(parsedOf(text, names, bounds), values, room),
  };
}

function parsedOf(
  text: string,
  names: readonly string[],
  bounds: ExpressionBounds,
): Parsed | string {
  const key = `${useKey(names, bounds)}\n${text}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  if (text.length > bounds.charsMax) return `It is longer than ${bounds.charsMax} characters.`;
  const parsed = parse(text, names, bounds);
  if (typeof parsed !== "string") kept.set(key, parsed, text.length);
  return parsed;
}

function useKey(names: readonly string[], { charsMax, depthMax, loopsMax }: ExpressionBounds) {
  return `${names.join(" ")} ${charsMax} ${depthMax} ${loopsMax}`;
}

/** The expression, or what is wrong with it. */
function parse(text: string, names: readonly string[], bounds: ExpressionBounds): Parsed | string {
  try {
    const run = environmentOf(names, bounds).parse(text);
    const foreign = foreignCall(run.ast, bounds.loopsMax > 0 ? WITH_LOOPS : FUNCTIONS);
    if (foreign === "matches")
      return "matches() is refused: a regular expression can run for ever.";
    if (foreign !== undefined) return `There is no function ${foreign}() here.`;
    const references = referencesOf(run.ast, names);
    if (typeof references === "string") return references;
    const guard = guardLoops(run.ast, { names, loopsMax: bounds.loopsMax });
    if (typeof guard === "string") return guard;
    const { valid, error } = run.check();
    return valid ? { run, references, guard } : summaryOf(error);
  } catch (error) {
    return summaryOf(error);
  }
}

function environmentOf(names: readonly string[], bounds: ExpressionBounds): Environment {
  const key = useKey(names, bounds);
  const known = environments.get(key);
  if (known !== undefined) return known;
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: bounds.charsMax, maxDepth: bounds.depthMax },
  });
  for (const name of names) environment.registerVariable(name, "dyn");
  environments.set(key, environment);
  return environment;
}

function evaluate(
  parsed: Parsed | string,
  values: { readonly [name: string]: Json },
  room: Room,
): Evaluated {
  if (typeof parsed === "string") return { kind: "error", message: parsed };
  const excess = parsed.guard(values);
  if (excess !== undefined) return { kind: "error", message: excess };
  try {
    const value: unknown = parsed.run(values);
    return { kind: "value", value: jsonOf(value, room) };
  } catch (error) {
    return { kind: "error", message: summaryOf(error) };
  }
}

/** Arithmetic between what JSON has and what CEL writes without a point: the first thing that people meet. */
const MIXED = /no such overload: (?:dyn<)?(int|double)>? ([-+*/%]) (?:dyn<)?(int|double)>?$/i;

/** Only the sentence: what the library adds draws the place in the text over several lines. */
function summaryOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  const [, left, operator, right] = MIXED.exec(line) ?? [];
  if (operator === "%" && left !== undefined)
    return `${line}. Numbers of JSON are doubles: write int(n) % 2.`;
  return left === right ? line : `${line}. Numbers of JSON are doubles: write 1.0, not 1.`;
}

class NotJson extends Error {}

/** What an expression gave, as JSON. Whole numbers too large for a double become text. */
function jsonOf(value: unknown, room: Room): Json {
  take(room, typeof value === "string" ? 1 + value.length : 1);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "object") return jsonOfObject(value, room);
  throw new NotJson("It gives a number that JSON does not have.");
}

/** A value may hold another many times over without being large, until it is written out. */
function take(room: Room, size: number): void {
  room.left -= size;
  if (room.left < 0) throw new NotJson("It gives more than an expression may.");
}

function jsonOfObject(value: object, room: Room): Json {
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, room));
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Optional) return value.hasValue() ? jsonOf(value.value(), room) : null;
  if (value instanceof Map) return jsonOfEntries([...value.entries()], room);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    return jsonOfEntries(Object.entries(value), room);
  const plain: unknown = value.valueOf(); // An unsigned integer of CEL is an object.
  if (typeof plain === "bigint") return jsonOf(plain, room);
  throw new NotJson("It gives something that JSON does not have.");
}

function jsonOfEntries(entries: readonly (readonly [unknown, unknown])[], room: Room): Json {
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const name = String(key);
      take(room, name.length);
      return [name, jsonOf(value, room)];
    }),
  );
}
