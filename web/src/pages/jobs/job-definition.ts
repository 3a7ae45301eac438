import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import type { JobJson } from "../../api/shapes.ts";
import { jsonChanges, type JsonChange } from "../../kit/json-changes.ts";
import { jsonAt, withJsonAt, type JsonObject } from "../../kit/json-pointer.ts";

/** The fields of a job that its definition is made of, in the order in which people read them. */
const FIELDS = [
  "name",
  "description",
  "owner",
  "tags",
  "schedule",
  "target",
  "params",
  "sharding",
  "misfire",
  "overlap",
  "retry",
  "timeout",
  "startWithin",
  "delivery",
  "priority",
  "concurrency",
] as const;
/** What the audit log puts in the place of a secret. */
const REDACTED = "[redacted]";

/** The body that would make this job: what PUT takes. */
export function definitionOf(job: JobJson): JsonObject {
  // An answer of the API is JSON; this leaves out what its type allows to be undefined.
  const json: JsonObject = JSON.parse(JSON.stringify(job));
  return definitionIn(json);
}

/** The same of any object that has these fields, such as an entry of the history. */
export function definitionIn(object: JsonObject): JsonObject {
  const fields = FIELDS.flatMap((field): [string, Json][] => {
    const value = object[field];
    return value === undefined ? [] : [[field, value]];
  });
  return Object.fromEntries(fields);
}

/** Whether an entry of the history holds a whole definition. */
export function isDefinition(json: Json): json is JsonObject {
  return isJsonObject(json) && isObjectAt(json, "schedule") && isObjectAt(json, "target");
}

/** What differs between two definitions, or two jobs. What time changes by itself is left out. */
export function definitionChanges(before: Json, after: Json): readonly JsonChange[] {
  return jsonChanges(ownPart(before), ownPart(after));
}

/**
 * A definition of the history as it can be saved. The log keeps no secrets: where it left one out, the present value
 * stays. `kept` says where.
 */
export function restorable(
  old: JsonObject,
  present: JsonObject,
): { readonly body: JsonObject; readonly kept: readonly string[] } {
  const wanted = definitionIn(old);
  const kept = jsonChanges(present, wanted).filter(({ after }) => isRedacted(after));
  const body = kept.reduce<JsonObject>(
    (done, { pointer }) => withJsonAt(done, pointer, jsonAt(present, pointer)),
    wanted,
  );
  return { body, kept: kept.map(({ pointer }) => pointer) };
}

function ownPart(json: Json): Json {
  if (!isJsonObject(json)) return json;
  const { state, pause } = json;
  return {
    ...definitionIn(json),
    ...(state === undefined ? {} : { state }),
    ...(pause === undefined ? {} : { pause }),
  };
}

function isObjectAt(object: JsonObject, key: string): boolean {
  const value = object[key];
  return value !== undefined && isJsonObject(value);
}

function isRedacted(json: Json | undefined): boolean {
  return json !== undefined && JSON.stringify(json).includes(REDACTED);
}
