/** A text taken apart: what stands as it is, and what is to be evaluated. */
export type TemplatePart =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "expression"; readonly text: string };

const OPEN = "${";
/** Stands for `${` itself. */
const ESCAPED = "$${";

/**
 * Finds every `${…}`. What is within is read as CEL reads it, as far as that is needed to find its end: braces
 * count, and those in string literals and comments do not. The answer is a sentence where an end is missing.
 */
export function scanTemplate(text: string): readonly TemplatePart[] | string {
  const parts: TemplatePart[] = [];
  let literal = "";
  let from = 0;
  for (let at = text.indexOf("$"); at !== -1; at = text.indexOf("$", from)) {
    literal += text.slice(from, at);
    if (text.startsWith(OPEN, at)) {
      const end = endOf(text, at + OPEN.length);
      if (end === undefined) return `The \${ at character ${at + 1} has no }.`;
      if (literal !== "") parts.push({ kind: "literal", text: literal });
      parts.push({ kind: "expression", text: text.slice(at + OPEN.length, end) });
      literal = "";
      from = end + 1;
    } else {
      const isEscaped = text.startsWith(ESCAPED, at);
      literal += isEscaped ? OPEN : "$";
      from = at + (isEscaped ? ESCAPED.length : 1);
    }
  }
  literal += text.slice(from);
  if (literal !== "" || parts.length === 0) parts.push({ kind: "literal", text: literal });
  return parts;
}

/** Where the `}` is that closes an expression; undefined when there is none. */
function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === "}" && depth === 0) return at;
    if (char === "{") depth += 1;
    else if (char === "}") depth -= 1;
    else if (char === '"' || char === "'") at = endOfString(text, at) - 1;
    else if (char === "/" && text[at + 1] === "/") at = endOfLine(text, at);
  }
  return undefined;
}

/** Behind a string literal of CEL, whose quotes may be three, or behind the text when it does not end. */
function endOfString(text: string, start: number): number {
  const quote = text[start] ?? "";
  const triple = quote.repeat(3);
  const mark = text.startsWith(triple, start) ? triple : quote;
  for (let at = start + mark.length; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text.startsWith(mark, at)) return at + mark.length;
  }
  return text.length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end === -1 ? text.length : end;
}
