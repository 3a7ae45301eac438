import { isJsonObject, type Json } from "../core/json.ts";
import { WORKFLOW_RUN_LIMITS } from "../core/workflow-run.ts";

type Context = { readonly [key: string]: Json } | null;

/**
 * What the `context` field of a step's answer lays over the shared context of its workflow run; null where it
 * has none. A text says what is wrong with it: then the answer is a failed one, because steps to come would
 * miss what it should have told them.
 */
export function sharedContext(said: Json | undefined): { readonly context: Context } | string {
  if (said === undefined || said === null) return { context: null };
  if (!isJsonObject(said)) return "The answer's context is no JSON object.";
  const { contextCharsMax } = WORKFLOW_RUN_LIMITS;
  const { length } = JSON.stringify(said);
  if (length <= contextCharsMax) return { context: said };
  return `The answer's context has ${length} characters; at most ${contextCharsMax} are taken.`;
}

/**
 * Whether an answer that was too long to be kept whole told a context that is now lost: its fields, as far as
 * they can be seen, are those of an answer to us, and a context is one of them.
 */
export function isContextCut(cutBody: string): boolean {
  const names = outerNames(cutBody);
  return names.has("context") && [...names].every((name) => OURS.has(name));
}

const OURS: ReadonlySet<string> = new Set(["result", "context"]);

/** The names of the fields of an object whose text may end anywhere; none for what is no object. */
function outerNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  if (!text.trimStart().startsWith("{")) return names;
  let depth = 0;
  let name = "";
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '"') {
      const end = endOfText(text, i + 1);
      name = text.slice(i + 1, end);
      i = end;
    } else if (char === ":" && depth === 1) names.add(name);
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
  }
  return names;
}

/** Where the quotation mark is that closes a text. */
function endOfText(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === "\\" ? 2 : 1;
  return at;
}
