import type { Answer } from "../core/answer.ts";
import { unreachable } from "../core/assert.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Clock } from "../ports/clock.ts";
import { sendingKey, type Answered, type Delivery, type Dispatcher } from "../ports/dispatcher.ts";
import type { BreakOff, Egress, EgressAnswer, EgressRequest } from "../ports/egress.ts";
import { undelivered } from "./answer.ts";
import { createCallbackTokens } from "./callback-token.ts";
import type { DialectContext } from "./dialect.ts";
import { nativeDialect } from "./native.ts";
import { SecretKeys } from "./secret-keys.ts";
import { webhookDialect } from "./webhook.ts";

export interface DispatcherSettings {
  readonly egress: Egress;
  readonly cipher: Cipher;
  readonly clock: Clock;
  readonly deploymentId: string;
  /** Where executors reach us, without a path or with one; asked anew for each delivery. */
  readonly publicUrl: () => string;
}

/** A delivery put on the wire in its dialect, and the way to read what comes back. */
interface Spoken {
  readonly request: EgressRequest;
  decode(answer: EgressAnswer, nowMs: number): Answer;
}

/** Sends deliveries: the dialect of the route encodes, the egress carries, the dialect decodes. */
export function createDispatcher(settings: DispatcherSettings): Dispatcher {
  const contextAt = contextMaker(settings);
  const out = new Map<string, BreakOff>();

  return {
    async send(delivery) {
      let hasLeft = false;
      const sending = sendingKey(delivery);
      try {
        const spoken = speak(delivery, contextAt);
        if ("kind" in spoken) return answered(delivery, spoken, null);
        hasLeft = true;
        const breakOff: BreakOff = { isBroken: false, onBreak: null };
        out.set(sending, breakOff);
        const heard = await settings.egress.send(spoken.request, breakOff);
        return answered(delivery, spoken.decode(heard, settings.clock.nowMs()), heard);
      } catch (error) {
        // Whatever broke in here is our fault, and the run must hear of it rather than hang.
        const message = error instanceof Error ? error.message : String(error);
        const fault = { message, code: "internal" };
        const answer: Answer = hasLeft ? { kind: "unknown", error: fault } : undelivered(fault);
        return answered(delivery, answer, null);
      } finally {
        out.delete(sending);
      }
    },

    cancel: () => Promise.resolve(false),

    abort(sending) {
      const breakOff = out.get(sendingKey(sending));
      if (breakOff === undefined) return;
      breakOff.isBroken = true;
      breakOff.onBreak?.();
    },
  };
}

function speak(delivery: Delivery, contextAt: () => DialectContext): Spoken | Answer {
  const { route } = delivery;
  switch (route.kind) {
    case "webhook": {
      const routed = { ...delivery, route };
      return {
        request: webhookDialect.encode(routed, contextAt()),
        decode: (answer, nowMs) => webhookDialect.decode(answer, routed, nowMs),
      };
    }
    case "executor": {
      const routed = { ...delivery, route };
      return {
        request: nativeDialect.encode(routed, contextAt()),
        decode: (answer, nowMs) => nativeDialect.decode(answer, routed, nowMs),
      };
    }
    case "none":
      return undelivered(route.error);
    default:
      return unreachable(route);
  }
}

function contextMaker(settings: DispatcherSettings): () => DialectContext {
  const { cipher, clock, deploymentId, publicUrl } = settings;
  const keys = new SecretKeys(cipher);
  const tokens = createCallbackTokens(cipher, deploymentId);
  const callbackToken: DialectContext["callbackToken"] = (delivery) =>
    tokens.issue({
      run: delivery.runId,
      attempt: delivery.attempt,
      deadlineMs: delivery.sentMs + delivery.timeoutMs,
    });
  return () => ({
    deploymentId,
    callbackUrl: `${publicUrl().replace(/\/+$/, "")}/api/v1/executor/callback`,
    nowMs: clock.nowMs(),
    callbackToken,
    webhookKey: (namespace, generation) => keys.webhook(namespace, generation),
    executorKey: (namespace, appKey, sealed) => keys.executor(namespace, appKey, sealed),
  });
}

function answered(delivery: Delivery, answer: Answer, heard: EgressAnswer | null): Answered {
  return {
    runId: delivery.runId,
    attempt: delivery.attempt,
    send: delivery.send,
    answer,
    status: heard?.ok === true ? heard.status : null,
    phases: heard?.ok === true ? heard.phases : null,
    node: delivery.route.kind === "executor" ? delivery.route.node.address : null,
    unreached: [],
  };
}
