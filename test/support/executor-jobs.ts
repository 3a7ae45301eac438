import { assert } from "../../src/core/assert.ts";
import type { Answer } from "../../src/core/answer.ts";
import { signExecToken } from "./exec-tokens.ts";
import { aJob, type Got, type OpenApi } from "./open-api.ts";

export const APP_KEY = "orders";

/** What a target answers that has failed for good. */
export const BROKEN: Answer = {
  kind: "failed",
  error: { message: "It broke.", code: "http_500" },
  retry: false,
  retryAfterMs: null,
  delivered: true,
  gone: false,
};

/** Makes the executor `orders` with one node; the answer is its appSecret. */
export async function makeExecutor(open: OpenApi, appKey: string = APP_KEY): Promise<string> {
  const body = {
    appKey,
    name: appKey,
    registration: "manual",
    nodes: [{ address: "https://worker-1.example.com" }],
  };
  const got = await open.ask("POST", "/api/v1/executors", { body });
  assert(got.status === 201, `an executor is made: ${got.text}`);
  return got.json.appSecret;
}

/** Makes a manual job of the executor and runs it. */
export async function runOnExecutor(
  open: OpenApi,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Got["json"]> {
  const target = { kind: "executor", executor: APP_KEY, handler: "report" };
  const body = aJob({ target, ...changes });
  const put = await open.ask("PUT", `/api/v1/jobs/${String(body["name"])}`, { body });
  assert(put.status < 300, `a job is made: ${put.text}`);
  const path = `/api/v1/jobs/${String(body["name"])}/runs`;
  const got = await open.ask("POST", path);
  assert(got.status === 202, `it is run: ${got.text}`);
  return got.json;
}

/** A call of the executor, signed as it would sign it. */
export function askAsExecutor(
  open: OpenApi,
  call: { readonly path: string; readonly body: unknown; readonly appSecret: string },
): Promise<Got> {
  const { path, body, appSecret } = call;
  const text = JSON.stringify(body);
  const signing = { appKey: APP_KEY, appSecret, bodyText: text, nowMs: open.nowMs };
  return open.ask("POST", path, { text, token: signExecToken(signing) });
}
