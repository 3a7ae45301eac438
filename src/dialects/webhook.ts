import { createHmac, type KeyObject } from "node:crypto";
import type { Json } from "../core/json.ts";
import { decodeAnswer } from "./answer.ts";
import { stepOnWire } from "./delivered-step.ts";
import type { DeliveryOf, Dialect } from "./dialect.ts";
import { identityHeaders, instantText } from "./identity-headers.ts";

/**
 * A plain webhook: the user's own method, headers and body, under the identity headers and signed
 * after Standard Webhooks 1.0.0 with every generation of the namespace's secret that is alive.
 */
export const webhookDialect: Dialect<"webhook"> = {
  encode(delivery, context) {
    const { target, signingGenerations } = delivery.route;
    const body = bodyOf(delivery);
    const timestamp = Math.floor(context.nowMs / 1_000);
    const keys = signingGenerations.map((generation) =>
      context.webhookKey(delivery.namespace, generation),
    );
    const ours = identityHeaders(delivery);
    ours["webhook-id"] = delivery.runId;
    ours["webhook-timestamp"] = String(timestamp);
    ours["webhook-signature"] = signatures(`${delivery.runId}.${timestamp}.${body ?? ""}`, keys);
    if (target.mode === "async") {
      ours["tickwheel-callback-url"] = context.callbackUrl;
      ours["tickwheel-callback-token"] = context.callbackToken(delivery);
    }
    return {
      method: target.method,
      url: target.url,
      headers: over(lowerCased(target.headers), ours, body),
      body,
      timeoutMs: delivery.timeoutMs,
    };
  },

  decode(answer, delivery, nowMs) {
    const { target } = delivery.route;
    return decodeAnswer(answer, {
      url: target.url,
      canCallBack: target.mode === "async",
      canBeGone: true,
      isStep: delivery.workflow !== null,
      nowMs,
    });
  },
};

/**
 * One signature a generation, so that a receiver finds the one it knows while the secret changes.
 */
function signatures(signed: string, keys: readonly KeyObject[]): string {
  return keys
    .map((key) => `v1,${createHmac("sha256", key).update(signed, "utf8").digest("base64")}`)
    .join(" ");
}

function bodyOf(delivery: DeliveryOf<"webhook">): string | null {
  const { target } = delivery.route;
  if (target.method === "GET") return null;
  if (target.body !== null) return JSON.stringify(target.body);
  return target.method === "DELETE" ? null : JSON.stringify(description(delivery));
}

function description(delivery: DeliveryOf<"webhook">): Json {
  return {
    run: delivery.runId,
    job: delivery.jobName,
    params: delivery.params,
    attempt: delivery.attempt,
    attemptsMax: delivery.attemptsMax,
    nominalAt: instantText(delivery.nominalMs),
    trigger: delivery.trigger,
    ...(delivery.workflow === null ? {} : { workflow: stepOnWire(delivery.workflow) }),
  };
}

/** Ours over the user's own, whose names are in lower case. */
function over(
  theirs: Readonly<Record<string, string>> | null,
  ours: Record<string, string>,
  body: string | null,
): Readonly<Record<string, string>> {
  const type = theirs?.["content-type"] ?? (body === null ? undefined : "application/json");
  if (type !== undefined) ours["content-type"] = type;
  return theirs === null ? ours : { ...theirs, ...ours };
}

function lowerCased(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | null {
  const entries = Object.entries(headers);
  if (entries.length === 0) return null;
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}
