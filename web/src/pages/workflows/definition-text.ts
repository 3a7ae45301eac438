import type { Json } from "../../../../src/core/json.ts";
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

/** What of a workflow is its definition, without its name: the body of a PUT. */
export function definitionOf(workflow: WorkflowJson): Readonly<Record<string, Json>> {
  const { description, owner, tags, params, timeout, steps } = workflow;
  const { onFailure, overlap, concurrency, priority, on, output } = workflow;
  const head = { description, owner, tags, params, timeout };
  const rest = { onFailure, overlap, concurrency, priority, on, output };
  const said = Object.entries({ ...head, ...rest, steps }).filter(
    ([key, value]) => JSON.stringify(value) !== FILLED_IN[key],
  );
  // It came as JSON, and is JSON again.
  const definition: Readonly<Record<string, Json>> = JSON.parse(
    JSON.stringify(Object.fromEntries(said)),
  );
  return definition;
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
