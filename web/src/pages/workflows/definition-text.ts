import type { Json } from "../../../../src/core/json.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";
import type { WorkflowJson } from "./workflow-shapes.ts";

export const FORMATS = ["yaml", "json"] as const;
export type Format = (typeof FORMATS)[number];

export function formatOf(text: string | undefined): Format {
  return text === "json" ? "json" : "yaml";
}

/** What the server fills in when it is left out: a definition is shown as somebody would have written it. */
const FILLED_IN: Readonly<Record<string, string>> = {
  description: '""',
  owner: '""',
  tags: "[]",
  params: "{}",
  timeout: '"7d"',
  onFailure: '"fail_fast"',
  overlap: '"allow"',
  concurrency: "null",
  priority: "0",
  on: "[]",
  output: "null",
};

/** The fields of a definition, in the order in which people read them. */
const FIELDS = [
  "description",
  "owner",
  "tags",
  "params",
  "timeout",
  "onFailure",
  "overlap",
  "concurrency",
  "priority",
  "on",
  "output",
  "steps",
] as const;

/** What of a workflow is its definition, without its name: the body of a PUT. */
export function definitionOf(workflow: WorkflowJson): JsonObject {
  // It came as JSON, and is JSON again.
  const json: JsonObject = JSON.parse(JSON.stringify(workflow));
  return definitionIn(json);
}

/** The same of any object that has these fields, such as an entry of the history. */
export function definitionIn(object: JsonObject): JsonObject {
  const said = FIELDS.flatMap((field): [string, Json][] => {
    const value = object[field];
    return value === undefined || JSON.stringify(value) === FILLED_IN[field]
      ? []
      : [[field, value]];
  });
  return Object.fromEntries(said);
}

/** A definition as a text. The library for YAML comes when it is first needed. */
export async function textOf(definition: Json, format: Format): Promise<string> {
  if (format === "json") return `${JSON.stringify(definition, null, 2)}\n`;
  const { stringify } = await import("yaml");
  return stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The command that saves a definition, for a shell where `$TOKEN` is a token. */
export function curlOf(name: string, definition: Json): string {
  const body = JSON.stringify(definition).replaceAll("'", String.raw`'\''`);
  return [
    `curl -X PUT ${location.origin}/api/v1/workflows/${encodeURIComponent(name)} \\`,
    `  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
    `  -d '${body}'`,
  ].join("\n");
}
