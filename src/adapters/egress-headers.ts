import { Refusal } from "../core/refusal.ts";

export const USER_HEADER_LIMITS = {
  countMax: 32,
  nameCharsMax: 128,
  valueCharsMax: 4_096,
} as const;

/** Frame the message, steer the connection, or are ours to set; and what only proxies may add. */
const RESERVED: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "date",
  "expect",
  "host",
  "http2-settings",
  "idempotency-key",
  "keep-alive",
  "te",
  "traceparent",
  "tracestate",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
  "forwarded",
  "x-real-ip",
]);
const RESERVED_PREFIXES = [
  "tickwheel-",
  "webhook-",
  "proxy-",
  "cf-",
  "sec-",
  "x-forwarded-",
] as const;

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5, without bytes beyond ASCII: runtimes disagree about their encoding. */
const VALUE = /^[\t\x20-\x7e]*$/;

/** Why a header cannot stand on the wire; null when it can. */
export function headerFault(name: string, value: string): string | null {
  if (!TOKEN.test(name)) return `"${name}" is not a header name`;
  if (!VALUE.test(value))
    return `the value of "${name}" holds characters other than printable ASCII`;
  return null;
}

/**
 * Checks the headers that a user set on a target when it is saved, and returns them with lower-case
 * names. Throws `Refusal("target.refused")` with a pointer to each header at fault: malformed,
 * given twice, or reserved for us or for the framing of HTTP.
 */
export function checkUserHeaders(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers);
  if (entries.length > USER_HEADER_LIMITS.countMax)
    throw refusal("/target/headers", `at most ${USER_HEADER_LIMITS.countMax} headers`);
  const checked = new Map<string, string>();
  for (const [name, value] of entries) {
    const lower = name.toLowerCase();
    const fault = checked.has(lower) ? `"${name}" is given twice` : userHeaderFault(lower, value);
    if (fault !== null) throw refusal(`/target/headers/${escapePointer(name)}`, fault);
    checked.set(lower, value);
  }
  return Object.fromEntries(checked);
}

function userHeaderFault(name: string, value: string): string | null {
  const { nameCharsMax, valueCharsMax } = USER_HEADER_LIMITS;
  if (name.length > nameCharsMax) return `the name is longer than ${nameCharsMax} characters`;
  if (value.length > valueCharsMax) return `the value is longer than ${valueCharsMax} characters`;
  const isReserved =
    RESERVED.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
  return isReserved ? `"${name}" is reserved` : headerFault(name, value);
}

function refusal(pointer: string, message: string): Refusal {
  return new Refusal("target.refused", `A header of the target is refused: ${message}.`, {
    hint: "Leave out headers that frame the message or that the scheduler sets itself.",
    errors: [{ pointer, message }],
  });
}

/** RFC 6901, section 3. */
function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
