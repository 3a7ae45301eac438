import type * as Yaml from "yaml";
import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import type { Format } from "./definition-text.ts";

/** Something wrong at a place of a text. */
export interface TextFault {
  /** In characters from the start of the text. */
  readonly offset: number;
  readonly message: string;
}

export interface ParsedText {
  /** Null when it cannot be read, or is no mapping. */
  readonly value: { readonly [key: string]: Json } | null;
  readonly faults: readonly TextFault[];
  /** Where what a JSON pointer points at stands in the text, or the nearest that is there around it. */
  readonly offsetOf: (pointer: string) => number;
}

const NOWHERE = (): number => 0;
const FAULTS_MAX = 20;
/** Of an alias, so that a short text cannot make an endless value. */
const ALIASES_MAX = 100;

/** Reads a definition that somebody types. The library that keeps places comes when it is first needed. */
export async function parsedText(
  text: string,
  format: Format,
  notMapping: string,
): Promise<ParsedText> {
  const yaml = await import("yaml");
  if (format === "json") {
    const fault = jsonFault(text);
    if (fault !== null) return { value: null, faults: [fault], offsetOf: NOWHERE };
  }
  const doc = yaml.parseDocument(text, { prettyErrors: false });
  if (doc.errors.length > 0) {
    const faults = doc.errors.slice(0, FAULTS_MAX).map(({ pos: [offset], message }) => ({
      offset,
      message,
    }));
    return { value: null, faults, offsetOf: NOWHERE };
  }
  const offsetOf = (pointer: string): number => {
    let node: unknown = doc.contents;
    let offset = 0;
    for (const key of keysOf(pointer)) {
      const found = childOf(node, key, yaml);
      if (found === null) break;
      ({ node, offset } = found);
    }
    return offset;
  };
  const value = plainOf(doc);
  if (value !== null && isJsonObject(value)) return { value, faults: [], offsetOf };
  return { value: null, faults: [{ offset: 0, message: notMapping }], offsetOf };
}

function jsonFault(text: string): TextFault | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(message)?.[1];
    return { offset: at === undefined ? text.length : Number(at), message };
  }
}

/** What it says, as JSON would carry it: dates and special numbers too. */
function plainOf(doc: { toJS(options: { readonly maxAliasCount: number }): unknown }): Json {
  const plain: Json = JSON.parse(
    JSON.stringify(doc.toJS({ maxAliasCount: ALIASES_MAX }) ?? null) ?? "null",
  );
  return plain;
}

function keysOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

interface Child {
  readonly node: unknown;
  readonly offset: number;
}

type YamlLibrary = Pick<typeof Yaml, "isMap" | "isNode" | "isScalar" | "isSeq">;

function childOf(node: unknown, key: string, yaml: YamlLibrary): Child | null {
  if (yaml.isSeq(node)) {
    const item = node.items[Number(key)];
    return yaml.isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : null;
  }
  if (!yaml.isMap(node)) return null;
  const pair = node.items.find((one) => yaml.isScalar(one.key) && String(one.key.value) === key);
  if (pair === undefined || !yaml.isScalar(pair.key)) return null;
  return { node: pair.value, offset: pair.key.range?.[0] ?? 0 };
}

/** The line that a place of a text lies in, from 1. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1))
    line++;
  return line;
}
