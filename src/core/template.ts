import {
  compileExpression,
  EXPRESSION_LIMITS,
  type Evaluated,
  type Expression,
  type References,
  type Room,
} from "./expression.ts";
import { NO_REFERENCES } from "./expression-walk.ts";
import { pointerTo } from "./json-pointer.ts";
import { isJsonList, type Json } from "./json.ts";
import { Refusal } from "./refusal.ts";
import { STEP_BOUNDS } from "./step-scope.ts";
import { scanTemplate, type TemplatePart } from "./template-scan.ts";

export const TEMPLATE_LIMITS = {
  expressionsMax: 100,
  /** Lists and objects within each other. */
  depthMax: 32,
  /** Values and characters of the whole. */
  sizeMax: 262_144,
  /** How much of an expression an error shows. */
  shownCharsMax: 80,
} as const;

/** JSON with `${…}` in its texts, found to be sound. */
export interface CompiledTemplate {
  /** What all its expressions speak of. */
  readonly references: References;
  /** It is one `${…}` and nothing else, so that it may give a value of any kind. */
  readonly isExpression: boolean;
  /** Never throws: what cannot be evaluated with these values is an error value. */
  evaluate(values: { readonly [name: string]: Json }): Evaluated;
}

/** A place in a template. What holds no expression is kept as it was said. */
type Node =
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "expression"; readonly text: string; readonly expression: Expression }
  | { readonly kind: "text"; readonly parts: readonly Node[] }
  | { readonly kind: "list"; readonly items: readonly Node[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Node])[] };

export interface TemplateUse {
  /** What its expressions may speak of. */
  readonly names: readonly string[];
  /** Where it stands in what the caller sent. */
  readonly pointer: string;
  /** Called for each expression, with where that stands: it may throw. */
  readonly check?: (references: References, pointer: string) => void;
}

/** What has been read so far, which is bounded. */
interface Reading {
  readonly use: TemplateUse;
  readonly used: Set<string>;
  readonly steps: Set<string>;
  expressions: number;
  size: number;
}

/**
 * Reads JSON in which texts may hold `${…}`, each CEL over `names`. A text that is exactly one gives its value,
 * of any kind; otherwise each is put into the text: texts as they are, everything else as JSON. `$${` stands for
 * `${` itself. Throws `expression.invalid`, which points at the text in question.
 */
export function compileTemplate(json: Json, use: TemplateUse): CompiledTemplate {
  const reading: Reading = { use, used: new Set(), steps: new Set(), expressions: 0, size: 0 };
  const root = read(json, { pointer: use.pointer, depth: 0 }, reading);
  return {
    references: { names: [...reading.used], steps: [...reading.steps] },
    isExpression: root.kind === "expression",
    evaluate: (values) => evaluate(root, values),
  };
}

/** The same for a template that was accepted before: what is wrong with it is the error of each evaluation. */
export function readTemplate(json: Json, names: readonly string[]): CompiledTemplate {
  try {
    return compileTemplate(json, { names, pointer: "" });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const message = error.data.detail;
    return {
      references: NO_REFERENCES,
      isExpression: false,
      evaluate: () => ({ kind: "error", message }),
    };
  }
}

interface Place {
  readonly pointer: string;
  readonly depth: number;
}

function read(json: Json, place: Place, reading: Reading): Node {
  const { expressionsMax, depthMax, sizeMax } = TEMPLATE_LIMITS;
  reading.size += typeof json === "string" ? 1 + json.length : 1;
  if (reading.size > sizeMax) throw tooMuch(place, `It is larger than ${sizeMax} characters.`);
  if (place.depth > depthMax) throw tooMuch(place, `It is deeper than ${depthMax}.`);
  if (typeof json === "string") {
    const node = readText(json, place.pointer, reading);
    if (reading.expressions <= expressionsMax) return node;
    throw tooMuch(place, `It has more than ${expressionsMax} expressions.`);
  }
  if (typeof json !== "object" || json === null) return { kind: "constant", value: json };
  return isJsonList(json) ? readList(json, place, reading) : readObject(json, place, reading);
}

function tooMuch({ pointer }: Place, message: string): Refusal {
  return new Refusal("expression.invalid", `The template is not valid: ${message}`, {
    errors: [{ pointer, message }],
  });
}

function readList(list: readonly Json[], { pointer, depth }: Place, reading: Reading): Node {
  const items = list.map((item, i) =>
    read(item, { pointer: pointerTo(pointer, i), depth: depth + 1 }, reading),
  );
  if (items.some(({ kind }) => kind !== "constant")) return { kind: "list", items };
  const isSame = items.every((item, i) => constantOf(item) === list[i]);
  return { kind: "constant", value: isSame ? list : items.map(constantOf) };
}

function readObject(
  object: { readonly [key: string]: Json },
  { pointer, depth }: Place,
  reading: Reading,
): Node {
  const entries = Object.entries(object).map(([key, value]) => {
    reading.size += key.length;
    const place = { pointer: pointerTo(pointer, key), depth: depth + 1 };
    return [key, read(value, place, reading)] as const;
  });
  if (entries.some(([, { kind }]) => kind !== "constant")) return { kind: "object", entries };
  const constants = entries.map(([key, node]) => [key, constantOf(node)] as const);
  const isSame = constants.every(([key, value]) => value === object[key]);
  return { kind: "constant", value: isSame ? object : Object.fromEntries(constants) };
}

function constantOf(node: Node): Json {
  return node.kind === "constant" ? node.value : null;
}

function readText(text: string, pointer: string, reading: Reading): Node {
  if (!text.includes("${")) return { kind: "constant", value: text };
  const scanned = scanTemplate(text);
  if (typeof scanned === "string")
    throw new Refusal("expression.invalid", `The template is not valid: ${scanned}`, {
      errors: [{ pointer, message: scanned }],
      hint: "Write $${ for a ${ that is meant as it stands.",
    });
  const parts = scanned.map((part) => readPart(part, pointer, reading));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "text", parts };
}

function readPart(part: TemplatePart, pointer: string, reading: Reading): Node {
  if (part.kind === "literal") return { kind: "constant", value: part.text };
  const { names, check } = reading.use;
  const expression = compileExpression(part.text, { names, bounds: STEP_BOUNDS, pointer });
  reading.expressions += 1;
  check?.(expression.references, pointer);
  for (const name of expression.references.names) reading.used.add(name);
  for (const step of expression.references.steps) reading.steps.add(step);
  return { kind: "expression", text: part.text, expression };
}

class Unevaluated extends Error {}

function evaluate(root: Node, values: { readonly [name: string]: Json }): Evaluated {
  const room: Room = { left: EXPRESSION_LIMITS.sizeMax };
  try {
    return { kind: "value", value: valueOf(root, values, room) };
  } catch (error) {
    if (error instanceof Unevaluated) return { kind: "error", message: error.message };
    throw error;
  }
}

function valueOf(node: Node, values: { readonly [name: string]: Json }, room: Room): Json {
  if (node.kind === "constant") return node.value;
  if (node.kind === "expression")
    return evaluatedOf(node.text, node.expression.evaluate(values, room));
  if (node.kind === "text")
    return node.parts.map((part) => textOf(valueOf(part, values, room))).join("");
  if (node.kind === "list") return node.items.map((item) => valueOf(item, values, room));
  return Object.fromEntries(
    node.entries.map(([key, inner]) => [key, valueOf(inner, values, room)] as const),
  );
}

function evaluatedOf(text: string, evaluated: Evaluated): Json {
  if (evaluated.kind === "value") return evaluated.value;
  const { shownCharsMax } = TEMPLATE_LIMITS;
  const shown = text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text;
  throw new Unevaluated(`\${${shown}}: ${evaluated.message}`);
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
