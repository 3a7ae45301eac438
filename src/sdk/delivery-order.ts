import type { Json } from "../core/json.ts";
import type { Shard, WorkflowStep } from "./handler.ts";

/** What a delivery asks for. Fields that we do not know are for executors that do. */
export interface DeliveryOrder {
  readonly run: string;
  readonly job: string;
  readonly handler: string;
  readonly trigger: string;
  readonly params: { readonly [key: string]: Json };
  readonly attempt: number;
  readonly attemptsMax: number;
  readonly nominalMs: number;
  readonly deadlineMs: number;
  readonly shard: Shard | null;
  readonly workflow: WorkflowStep | null;
  readonly callback: { readonly url: string; readonly token: string };
}

/** Which attempt is to be stopped, and why. */
export interface CancelOrder {
  readonly run: string;
  readonly attempt: number;
  readonly reason: string | null;
}

/** Null when the text is no delivery. */
export function parseDelivery(text: string): DeliveryOrder | null {
  const body = parseObject(text);
  const callback = objectOf(body["callback"]);
  const order = {
    run: textOf(body["run"]),
    job: textOf(body["job"]),
    handler: textOf(body["handler"]),
    trigger: textOf(body["trigger"]),
    params: objectOf(body["params"]),
    attempt: numberOf(body["attempt"]),
    attemptsMax: numberOf(body["attemptsMax"]),
    nominalMs: Date.parse(textOf(body["nominalAt"])),
    deadlineMs: Date.parse(textOf(body["deadlineAt"])),
    shard: shardOf(body["shard"]),
    workflow: workflowOf(body["workflow"]),
    callback: { url: textOf(callback["url"]), token: textOf(callback["token"]) },
  };
  const { run, handler, attempt, deadlineMs } = order;
  const isSound = run !== "" && handler !== "" && attempt >= 1 && !Number.isNaN(deadlineMs);
  return isSound ? order : null;
}

/** Null when the text is no cancel. */
export function parseCancel(text: string): CancelOrder | null {
  const body = parseObject(text);
  const run = textOf(body["run"]);
  const attempt = numberOf(body["attempt"]);
  const reason = textOf(body["reason"]);
  if (run === "" || attempt < 1) return null;
  return { run, attempt, reason: reason === "" ? null : reason };
}

/** An empty object when the text is no JSON object. */
export function parseObject(text: string): { readonly [key: string]: Json } {
  try {
    const json: Json = JSON.parse(text);
    return objectOf(json);
  } catch {
    return {};
  }
}

function shardOf(value: Json | undefined): Shard | null {
  const shard = objectOf(value);
  const total = numberOf(shard["total"]);
  if (total < 1) return null;
  const items = shard["items"];
  return {
    index: numberOf(shard["index"]),
    total,
    items: Array.isArray(items) ? items : null,
  };
}

function workflowOf(value: Json | undefined): WorkflowStep | null {
  const workflow = objectOf(value);
  const run = textOf(workflow["run"]);
  if (run === "") return null;
  const part = workflow["part"];
  return {
    run,
    step: textOf(workflow["step"]),
    revision: numberOf(workflow["revision"]),
    part: typeof part === "number" ? part : null,
    isCompensation: workflow["compensation"] === true,
    context: objectOf(workflow["context"]),
  };
}

function objectOf(value: Json | undefined): { readonly [key: string]: Json } {
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}
