import type { Got, OpenApi } from "./open-api.ts";
import { signExecToken } from "./exec-tokens.ts";

/** Who calls: an executor with one of its secrets. */
export interface ExecIdentity {
  readonly appKey: string;
  readonly appSecret: string;
}

/** Calls as an executor does: a token of its own for each call, signed for the body that it carries. */
export function execCall(
  open: OpenApi,
  identity: ExecIdentity,
  path: string,
  body: unknown,
): Promise<Got> {
  const bodyText = JSON.stringify(body);
  const token = signExecToken({ ...identity, bodyText, nowMs: open.nowMs });
  return open.ask("POST", `/api/v1/executor/${path}`, { token, text: bodyText });
}

/** Makes an executor whose nodes register themselves. */
export async function newExecutor(open: OpenApi, appKey = "orders"): Promise<ExecIdentity> {
  const body = { appKey, name: appKey, registration: "auto" };
  const { json } = await open.ask("POST", "/api/v1/executors", { body });
  return { appKey, appSecret: json.appSecret };
}
