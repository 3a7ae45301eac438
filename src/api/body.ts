import { HTTPException } from "hono/http-exception";
import { Refusal } from "../core/refusal.ts";

const BODY_LIMITS = { depthMax: 32 } as const;

/** How a character changes the depth; 0 begins a string. */
const STEPS: Readonly<Record<string, number>> = { '"': 0, "{": 1, "[": 1, "}": -1, "]": -1 };
const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json\s*(?:;.*)?$/i;
/** Keys that change the prototype of an object which they are assigned to. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** What a route takes as its body. */
export interface BodyRule {
  /** 0 takes none. */
  readonly bodyBytesMax: number;
  /** A type that it takes beside JSON. */
  readonly textType?: string;
  /** Refuses at a glance what is too large to be looked at piece by piece. */
  readonly glance?: (body: unknown) => void;
}

/**
 * The text of a body, counted while it is read: what Content-Length claims is not believed. Empty
 * when there is none, or when the route takes none. Throws `body.too_large`, or 415 for a body of
 * another type than JSON and the one that the route takes beside it.
 */
export async function readBody(request: Request, rule: BodyRule): Promise<string> {
  const bytes = await readBytes(request, rule.bodyBytesMax);
  if (bytes.length === 0) return "";
  const type = request.headers.get("content-type") ?? "";
  if (!JSON_TYPE.test(type) && !isTextOf(rule, type)) throw new HTTPException(415);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Refusal("body.not_json", "The body is not valid UTF-8.");
  }
}

/** Whether a Content-Type is the one that a route takes beside JSON, whatever its parameters. */
export function isTextOf({ textType }: BodyRule, contentType: string | undefined): boolean {
  return textType !== undefined && contentType?.split(";")[0]?.trim().toLowerCase() === textType;
}

/**
 * Refuses text that is no JSON, nests too deeply, or has keys that could poison a prototype; and before it is
 * walked, what the route's own glance refuses.
 */
export function checkJson(text: string, { glance }: Pick<BodyRule, "glance"> = {}): void {
  if (depthOf(text) > BODY_LIMITS.depthMax)
    throw new Refusal(
      "body.too_deep",
      `The body nests deeper than ${BODY_LIMITS.depthMax} levels.`,
    );
  const value = parse(text);
  glance?.(value);
  refuseForbiddenKeys(value);
}

/** The deepest nesting of brackets outside strings: found before parsing, without recursion. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const step = STEPS[text[i] ?? ""];
    if (step === undefined) continue;
    if (step === 0) i = endOfString(text, i);
    else deepest = Math.max(deepest, (depth += step));
  }
  return deepest;
}

/** The index of the quote that closes the string opened at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unreadable";
    throw new Refusal("body.not_json", `The body is not JSON: ${reason.slice(0, 200)}.`);
  }
}

function refuseForbiddenKeys(value: unknown): void {
  const open: { readonly value: unknown; readonly pointer: string }[] = [{ value, pointer: "" }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    for (const [key, field] of Object.entries(next.value)) {
      const pointer = `${next.pointer}/${pointerSegment(key)}`;
      if (FORBIDDEN_KEYS.has(key) && !Array.isArray(next.value)) throw forbiddenKey(key, pointer);
      if (typeof field === "object") open.push({ value: field, pointer });
    }
  }
}

function forbiddenKey(key: string, pointer: string): Refusal {
  return new Refusal("request.invalid", `The key ${key} is not allowed anywhere in a body.`, {
    errors: [{ pointer, message: "This key is not allowed." }],
    hint: "Use another key.",
  });
}

/** A key as one segment of a JSON pointer (RFC 6901). */
export function pointerSegment(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  if (bytesMax === 0 || request.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the stream, so nothing of what is too much is read.
  for await (const chunk of request.body) {
    size += chunk.length;
    if (size > bytesMax)
      throw new Refusal("body.too_large", `The body is larger than ${bytesMax} bytes.`);
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}
