import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import type { JobJson } from "../../api/shapes.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";

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
export function isDefinition(object: JsonObject): boolean {
  return isObjectAt(object, "schedule") && isObjectAt(object, "target");
}

/** What the history tells the changes of: the definition, and whether the job is paused. */
export function toldOf(object: JsonObject): JsonObject {
  const { state, pause } = object;
  return {
    ...definitionIn(object),
    ...(state === undefined ? {} : { state }),
    ...(pause === undefined ? {} : { pause }),
  };
}

function isObjectAt(object: JsonObject, key: string): boolean {
  const value = object[key];
  return value !== undefined && isJsonObject(value);
}
