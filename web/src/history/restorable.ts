import type { Json } from "../../../src/core/json.ts";
import { jsonChanges } from "../kit/json-changes.ts";
import { jsonAt, withJsonAt, type JsonObject } from "../kit/json-pointer.ts";

/** What the audit log puts in the place of a secret. */
const REDACTED = "[redacted]";

/**
 * A definition of the history as it can be saved. The log keeps no secrets: where it left one out, the present value
 * stays. `kept` says where.
 */
export function restorable(
  wanted: JsonObject,
  present: JsonObject,
): { readonly body: JsonObject; readonly kept: readonly string[] } {
  const kept = jsonChanges(present, wanted).filter(({ after }) => isRedacted(after));
  const body = kept.reduce<JsonObject>(
    (done, { pointer }) => withJsonAt(done, pointer, jsonAt(present, pointer)),
    wanted,
  );
  return { body, kept: kept.map(({ pointer }) => pointer) };
}

function isRedacted(json: Json | undefined): boolean {
  return json !== undefined && JSON.stringify(json).includes(REDACTED);
}
