import { z } from "@hono/zod-openapi";
import { LIVE_WATCHER_LIMITS } from "../core/live-watcher.ts";
import { Refusal } from "../core/refusal.ts";

export const LIVE_MESSAGE_LIMITS = { charsMax: 4_096, perMinute: 6_000 } as const;

const TOPIC = /^(runs|jobs|executors|workflow-runs|workflow-run:wr_[0-9a-z]{1,60})$/;

/** What a program sends to see whether its hub still hears it, and what it hears. */
export const PING = { ask: "ping", answer: "pong" } as const;

/** What a watcher may say. */
export type LiveMessage =
  | {
      readonly kind: "subscribe";
      readonly topics: readonly string[];
      /** Goes on behind this number; null begins with what comes. */
      readonly after: number | null;
    }
  | { readonly kind: "unsubscribe"; readonly topics: readonly string[] }
  | { readonly kind: "ack"; readonly seq: number }
  | { readonly kind: "ping" };

const seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const topics = z.array(z.string()).min(1).max(LIVE_WATCHER_LIMITS.topicsMax);
const message = z.union([
  z.strictObject({ subscribe: topics, after: seq.nullable().optional() }),
  z.strictObject({ unsubscribe: topics }),
  z.strictObject({ ack: seq }),
]);

/** Reads what came on a socket. Throws a `Refusal` for whatever is none of these. */
export function readLiveMessage(text: string): LiveMessage {
  if (text.length > LIVE_MESSAGE_LIMITS.charsMax)
    throw new Refusal("body.too_large", "A message has at most 4,096 characters.");
  if (text === PING.ask) return { kind: "ping" };
  const { success, data } = message.safeParse(parsed(text));
  if (!success)
    throw new Refusal(
      "request.invalid",
      'A message is {"subscribe":[…]}, {"unsubscribe":[…]} or {"ack":seq}, with 1 to 32 topics.',
    );
  if ("ack" in data) return { kind: "ack", seq: data.ack };
  if ("unsubscribe" in data) return { kind: "unsubscribe", topics: known(data.unsubscribe) };
  return { kind: "subscribe", topics: known(data.subscribe), after: data.after ?? null };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal("body.not_json", "A message is one JSON object.");
  }
}

function known(named: readonly string[]): readonly string[] {
  const strange = named.find((topic) => !TOPIC.test(topic));
  if (strange === undefined) return named;
  throw new Refusal(
    "request.invalid",
    `There is no topic "${strange.slice(0, 80)}": there are runs, jobs, executors, workflow-runs and ` +
      "workflow-run:<id>.",
  );
}
