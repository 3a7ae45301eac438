import { BoundedMap } from "./bounded-map.ts";
import { isJsonList, isJsonObject, type Json } from "./json.ts";

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

/** Parts of keys whose values are secrets, with case, `-` and `_` left aside. */
const SECRET_KEY = new RegExp(
  [
    "secret|token|password|passwd|passphrase|authorization|cookie|signature|credential|bearer",
    "(api|access|private|master)key",
  ].join("|"),
);
/** Parts of the names of request headers whose values are secrets. */
const SECRET_HEADER = /auth|key|token|secret|cookie|password|credential|session|signature/;
/** An API token, a session or setup token, a webhook secret, a JWT. */
const SECRET_TEXT =
  /tw[a-z]{0,4}_[A-Za-z0-9_-]{32,}|whsec_[A-Za-z0-9+/=_-]{8,}|(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;
/** What stands before the credentials of an Authorization header. */
const SCHEME = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;
const USER_INFO = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#@]{1,512}@/gi;
const QUERY_PAIR = /([?&])([^\s?&#=]{1,100})=([^\s?&#]+)/g;

/** One of these stands in every text that holds a credential: most texts are looked at only this once. */
const HINT = /tw[a-z]{0,4}_|whsec_|eyJ|bearer\s|basic\s|@|[?&]/i;
/** Keys come again and again: what was found of so many is remembered. */
const KEYS_KNOWN = 2_000;
const KEY_CHARS_MAX = 100;

/** The text without anything that looks like a credential. Everything else stays, control characters too. */
export function redactedText(text: string): string {
  if (!HINT.test(text)) return text;
  return text
    .replaceAll(SECRET_TEXT, REDACTED)
    .replaceAll(SCHEME, `$1 ${REDACTED}`)
    .replaceAll(USER_INFO, `$1${REDACTED}@`)
    .replaceAll(QUERY_PAIR, (pair, mark: string, key: string) =>
      isSecretKey(key) ? `${mark}${key}=${REDACTED}` : pair,
    );
}

/**
 * The value without secrets: those that a key announces, those in headers whose name suggests a credential, and those
 * that look like one wherever they stand. What is true, false or null tells no secret.
 */
export function redacted(value: Json): Json {
  return cleaned(value, "open");
}

/** What the place of a value says of it. */
type Place = "open" | "headers" | "secret";

function cleaned(value: Json, place: Place): Json {
  if (isJsonList(value)) return value.map((item) => cleaned(item, place));
  if (isJsonObject(value)) {
    // `fromEntries` defines fields, so a key such as `__proto__` is one like any other.
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [
        redactedText(key),
        cleaned(field, placeIn(place, key)),
      ]),
    );
  }
  if (typeof value === "boolean" || value === null) return value;
  if (place === "secret") return REDACTED;
  return typeof value === "string" ? redactedText(value) : value;
}

function placeIn(place: Place, key: string): Place {
  if (place === "secret" || isSecretKey(key)) return "secret";
  const name = key.toLowerCase();
  if (place === "headers" && SECRET_HEADER.test(name)) return "secret";
  return name === "headers" ? "headers" : "open";
}

const secretKeys = new BoundedMap<string, boolean>(KEYS_KNOWN);

function isSecretKey(key: string): boolean {
  const known = secretKeys.get(key);
  if (known !== undefined) return known;
  const isSecret = SECRET_KEY.test(key.toLowerCase().replaceAll(/[-_.\s]/g, ""));
  if (key.length <= KEY_CHARS_MAX) secretKeys.set(key, isSecret);
  return isSecret;
}
