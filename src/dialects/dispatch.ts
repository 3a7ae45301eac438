import type { Answer } from "../core/answer.ts";
import { unreachable } from "../core/assert.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Clock } from "../ports/clock.ts";
import {
  sendingKey,
  type Answered,
  type Delivery,
  type Dispatcher,
  type Route,
} from "../ports/dispatcher.ts";
import type { BreakOff, Egress, EgressAnswer, EgressRequest } from "../ports/egress.ts";
import { undelivered } from "./answer.ts";
import { createCallbackTokens } from "./callback-token.ts";
import type { DialectContext } from "./dialect.ts";
import { nativeDialect } from "./native.ts";
import { SecretKeys } from "./secret-keys.ts";
import { webhookDialect } from "./webhook.ts";

export const DISPATCH_LIMITS = {
  /** Other nodes that one sending tries when the chosen one cannot be reached. */
  alternatesMax: 3,
  /** For a connection, while there is another node to try. */
  connectTimeoutMs: 3_000,
} as const;

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

/**
 * Sends deliveries: the dialect of the route encodes, the egress carries, the dialect decodes. A delivery
 * whose node cannot be reached goes to the route's next one, signed anew, as the same sending: no byte of
 * it has reached anybody.
 */
export function createDispatcher(settings: DispatcherSettings): Dispatcher {
  const contextAt = contextMaker(settings);
  const out = new Map<string, BreakOff>();

  return {
    async send(delivery) {
      const sending = sendingKey(delivery);
      const breakOff: BreakOff = { isBroken: false, onBreak: null };
      out.set(sending, breakOff);
      try {
        return await sendToFirstReached({ settings, contextAt, breakOff }, delivery);
      } finally {
        out.delete(sending);
      }
    },

    async cancel(notice) {
      try {
        const request = nativeDialect.encodeCancel(notice, contextAt());
        return nativeDialect.decodeCancel(await settings.egress.send(request));
      } catch {
        // A secret that does not open: the grace of the cancel ends the run without the node.
        return false;
      }
    },

    abort(sending) {
      const breakOff = out.get(sendingKey(sending));
      if (breakOff === undefined) return;
      breakOff.isBroken = true;
      breakOff.onBreak?.();
    },
  };
}

interface Carrier {
  readonly settings: DispatcherSettings;
  readonly contextAt: () => DialectContext;
  readonly breakOff: BreakOff;
}

/** What came of one try at one node. */
interface Tried {
  readonly answer: Answer;
  /** Null when nothing was sent, or our own fault hid what came back. */
  readonly heard: EgressAnswer | null;
}

async function sendToFirstReached(carrier: Carrier, delivery: Delivery): Promise<Answered> {
  const { clock } = carrier.settings;
  const endMs = clock.nowMs() + delivery.timeoutMs;
  const routes = routesOf(delivery.route);
  const unreached: string[] = [];
  for (const [index, route] of routes.entries()) {
    const triesLeft = routes.length - index;
    // A clock that was set back must not lengthen it.
    const leftMs = Math.min(Math.max(1, endMs - clock.nowMs()), delivery.timeoutMs);
    const routed = { ...delivery, route };
    // Each try waits for the one before it.
    // oxlint-disable-next-line no-await-in-loop
    const tried = await tryOnce(carrier, routed, limitsOf(leftMs, triesLeft));
    const isOver = carrier.breakOff.isBroken || clock.nowMs() >= endMs;
    if (triesLeft === 1 || isOver || route.kind !== "executor" || !isUnreached(tried))
      return answered(routed, tried, unreached);
    unreached.push(route.node.address);
  }
  throw new Error("bug: a delivery has a route");
}

/** One for each node that may get it, in order. */
function routesOf(route: Route): readonly [Route, ...Route[]] {
  if (route.kind !== "executor") return [route];
  const routes: [Route, ...Route[]] = [route];
  for (const node of route.alternates.slice(0, DISPATCH_LIMITS.alternatesMax))
    routes.push({ ...route, node });
  return routes;
}

/**
 * With others left a dead node must not use up the time. What is left is shared, so that the last one
 * has its part of it.
 */
function limitsOf(
  leftMs: number,
  triesLeft: number,
): Pick<EgressRequest, "connectTimeoutMs"> & {
  readonly timeoutMs: number;
} {
  if (triesLeft === 1) return { timeoutMs: leftMs };
  const shareMs = Math.ceil(leftMs / triesLeft);
  const connectTimeoutMs = Math.min(DISPATCH_LIMITS.connectTimeoutMs, shareMs);
  return { timeoutMs: leftMs, connectTimeoutMs };
}

/**
 * Our guard's refusal is none: it says that an address is wrong, which somebody has to mend, and so must
 * not be hidden by the nodes that work.
 */
function isUnreached({ heard }: Tried): boolean {
  return heard?.ok === false && heard.reason === "unreachable" && !heard.delivered;
}

async function tryOnce(
  { settings, contextAt, breakOff }: Carrier,
  delivery: Delivery,
  limits: Pick<EgressRequest, "connectTimeoutMs" | "timeoutMs">,
): Promise<Tried> {
  let hasLeft = false;
  try {
    const spoken = speak(delivery, contextAt);
    if ("kind" in spoken) return { answer: spoken, heard: null };
    hasLeft = true;
    const heard = await settings.egress.send({ ...spoken.request, ...limits }, breakOff);
    return { answer: spoken.decode(heard, settings.clock.nowMs()), heard };
  } catch (error) {
    // Whatever broke in here is our fault, and the run must hear of it rather than hang.
    const message = error instanceof Error ? error.message : String(error);
    const fault = { message, code: "internal" };
    const answer: Answer = hasLeft ? { kind: "unknown", error: fault } : undelivered(fault);
    return { answer, heard: null };
  }
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
    case "workflow":
      throw new Error("bug: a workflow is started by another shard, and no request leaves for it");
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

function answered(
  delivery: Delivery,
  { answer, heard }: Tried,
  unreached: readonly string[],
): Answered {
  return {
    runId: delivery.runId,
    attempt: delivery.attempt,
    send: delivery.send,
    answer,
    status: heard?.ok === true ? heard.status : null,
    phases: heard?.ok === true ? heard.phases : null,
    node: delivery.route.kind === "executor" ? delivery.route.node.address : null,
    unreached,
  };
}
