import { assert } from "../../src/core/assert.ts";
import type { Json } from "../../src/core/json.ts";
import type { Got, OpenApi } from "./open-api.ts";

export const WORKFLOWS = "/api/v1/workflows";
export const WORKFLOW_RUNS = "/api/v1/workflow-runs";

type Fields = Readonly<Record<string, unknown>>;

/** A step that calls a webhook. */
export function aStep(name: string, changes: Fields = {}): Fields {
  return { name, run: { url: `https://example.com/${name}` }, ...changes };
}

/** Two webhooks, one after the other. */
export function aWorkflow(changes: Fields = {}): Fields {
  return {
    name: "etl",
    steps: [aStep("extract"), aStep("load", { after: ["extract"] })],
    ...changes,
  };
}

/** Saves a workflow and starts it; gives the id of the workflow run. */
export async function started(open: OpenApi, changes: Fields = {}): Promise<string> {
  const saved = await open.ask("POST", WORKFLOWS, { body: aWorkflow(changes) });
  assert(saved.status === 201, `the workflow is saved: ${saved.text}`);
  const got = await open.ask("POST", `${WORKFLOWS}/${saved.json.name}/runs`);
  assert(got.status === 202 || got.status === 200, `it is started: ${got.text}`);
  return got.json.id;
}

export function view(open: OpenApi, id: string): Promise<Got> {
  return open.ask("GET", `${WORKFLOW_RUNS}/${id}`);
}

/** A step of a workflow run as its graph shows it. */
export async function stepOf(open: OpenApi, id: string, name: string): Promise<Got["json"]> {
  const { json } = await view(open, id);
  return json.graph.steps.find((step: { readonly name: string }) => step.name === name);
}

/** Lets the run of a step succeed. */
export async function succeedStep(
  open: OpenApi,
  id: string,
  step: string,
  result: Json = null,
): Promise<void> {
  await open.succeed(await runOf(open, id, step), result);
  // The shard takes answers with whatever it does next.
  await view(open, id);
}

export async function failStep(open: OpenApi, id: string, step: string): Promise<void> {
  const error = { message: "It broke.", code: null };
  const failed = { kind: "failed", error, retry: false, retryAfterMs: null } as const;
  const run = await runOf(open, id, step);
  await open.answer(run, { ...failed, delivered: true, gone: false }, 500);
  await view(open, id);
}

async function runOf(open: OpenApi, id: string, step: string): Promise<string> {
  const { runs } = await stepOf(open, id, step);
  return runs[0];
}
