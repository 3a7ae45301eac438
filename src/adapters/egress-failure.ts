import { refused, unreachable, type Failure } from "./egress-exchange.ts";

/** The request was malformed: no client sends any of it. Codes of Node and of undici. */
const MALFORMED: ReadonlySet<string> = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "ERR_INVALID_CHAR",
  "ERR_INVALID_HTTP_TOKEN",
  "ERR_UNESCAPED_CHARACTERS",
  "ERR_HTTP_INVALID_HEADER_VALUE",
]);

/**
 * What an error of the client means for the delivery. `hasBegun`: bytes may have left before it.
 */
export function failureOf(error: unknown, hasBegun: boolean): Failure {
  const { code, message } = describe(error);
  if (code === "EGRESS_REFUSED") return refused(message);
  if (!hasBegun)
    return MALFORMED.has(code)
      ? refused(`the request is malformed: ${message}`)
      : unreachable(explain(code, message));
  if (isBrokenAnswer(error, code))
    return { ok: false, reason: "invalid", message: explain(code, message), delivered: true };
  return { ok: false, reason: "cut", message: explain(code, message), delivered: true };
}

/**
 * Errors of the HTTP parser: Node's begin with HPE_; undici (8.12) loses the code but keeps the
 * name.
 */
function isBrokenAnswer(error: unknown, code: string): boolean {
  const isParserError = error instanceof Error && error.name === "HTTPParserError";
  return isParserError || code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW";
}

function explain(code: string, message: string): string {
  return code === "" || message.includes(code) ? message : `${code}: ${message}`;
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // When all addresses of a name fail, Node wraps the reasons and leaves the message empty.
  if (error instanceof AggregateError && error.message === "")
    return {
      code,
      message: error.errors.map((each: unknown) => describe(each).message).join("; "),
    };
  return { code, message: error.message };
}
