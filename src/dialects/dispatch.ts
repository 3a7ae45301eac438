import type { Answer } from "../core/answer.ts";
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
import type { DeliveryOf, DialectContext } from "./dialect.ts";
import { nativeDialect } from "./native.ts";
import { SecretKeys } from "./secret-keys.ts";
import { webhookDialect } from "./webhook.ts";

export const DISPATCH_LIMITS = {
  /** Other nodes that one sending tries when the chosen one cannot be reached. */
  alternatesMax: 3,
  /** For a connection, while there is another node to try. */
  connectTimeoutMs: 3_000,
} as const;

const CALLBACK_PATH = "/api/v1/executor/callback";

export interface DispatcherSettings {
  readonly egress: Egress;
  readonly cipher: Cipher;
  readonly clock: Clock;
  readonly deploymentId: string;
  /** Where executors reach us, without a path or with one; asked anew for each delivery. */
  readonly publicUrl: () => string;
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
    send(delivery) {
      const sending = sendingKey(delivery);
      const breakOff: BreakOff = { isBroken: false, onBreak: null };
      out.set(sending, breakOff);
      const over = (): void => void out.delete(sending);
      const endMs = settings.clock.nowMs() + delivery.timeoutMs;
      return tryFrom({ settings, contextAt, breakOff, over, endMs }, delivery, []);
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
  /** Called when the sending has its answer. */
  readonly over: () => void;
  /** When nobody waits for it any more. */
  readonly endMs: number;
}

/** What came of one try at one node. */
interface Tried {
  readonly answer: Answer;
  /** Null when nothing was sent, or our own fault hid what came back. */
  readonly heard: EgressAnswer | null;
}

/** Tries the node of the delivery's route, then its alternates. `unreached` were tried before. */
function tryFrom(
  carrier: Carrier,
  delivery: Delivery,
  unreached: readonly string[],
): Promise<Answered> {
  const { clock } = carrier.settings;
  const { route, timeoutMs } = delivery;
  // A clock that was set back must not lengthen it.
  const leftMs = Math.min(Math.max(1, carrier.endMs - clock.nowMs()), timeoutMs);
  const triesLeft = triesLeftOf(route, unreached.length);
  return tryOnce(carrier, delivery, limitsOf(leftMs, triesLeft), (tried) => {
    const isOver = carrier.breakOff.isBroken || clock.nowMs() >= carrier.endMs;
    if (triesLeft > 1 && !isOver && route.kind === "executor" && isUnreached(tried)) {
      const [node = route.node, ...alternates] = route.alternates;
      const next = { ...delivery, route: { ...route, node, alternates } };
      return tryFrom(carrier, next, [...unreached, route.node.address]);
    }
    carrier.over();
    return answered(delivery, tried, unreached);
  });
}

function triesLeftOf(route: Route, triedBefore: number): number {
  if (route.kind !== "executor") return 1;
  return 1 + Math.min(route.alternates.length, DISPATCH_LIMITS.alternatesMax - triedBefore);
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

/** Sends it to one node and goes on with what came of it. Herds pass here, so it waits for one promise only. */
function tryOnce(
  { settings, contextAt, breakOff }: Carrier,
  delivery: Delivery,
  limits: Pick<EgressRequest, "connectTimeoutMs" | "timeoutMs">,
  goOn: (tried: Tried) => Answered | Promise<Answered>,
): Promise<Answered> {
  let hasLeft = false;
  const goOnAfter = async (fault: unknown): Promise<Answered> => goOn(faulty(fault, hasLeft));
  try {
    const request = encoded(delivery, contextAt());
    if ("kind" in request) return Promise.resolve(goOn({ answer: request, heard: null }));
    hasLeft = true;
    return settings.egress
      .send({ ...request, ...limits }, breakOff)
      .then((heard) => goOn(decoded(delivery, heard, settings.clock.nowMs())), goOnAfter);
  } catch (fault) {
    return goOnAfter(fault);
  }
}

/** Whatever broke in here is our fault, and the run must hear of it rather than hang. */
function faulty(fault: unknown, hasLeft: boolean): Tried {
  const message = fault instanceof Error ? fault.message : String(fault);
  const error = { message, code: "internal" };
  return { answer: hasLeft ? { kind: "unknown", error } : undelivered(error), heard: null };
}

/** The delivery as its dialect puts it on the wire, or what it comes to when nothing can be sent. */
function encoded(delivery: Delivery, context: DialectContext): EgressRequest | Answer {
  if (goesTo(delivery, "webhook")) return webhookDialect.encode(delivery, context);
  if (goesTo(delivery, "executor")) return nativeDialect.encode(delivery, context);
  if (goesTo(delivery, "none")) return undelivered(delivery.route.error);
  throw new Error("bug: a workflow is started by another shard, and no request leaves for it");
}

function decoded(delivery: Delivery, heard: EgressAnswer, nowMs: number): Tried {
  try {
    if (goesTo(delivery, "webhook"))
      return { answer: webhookDialect.decode(heard, delivery, nowMs), heard };
    if (goesTo(delivery, "executor"))
      return { answer: nativeDialect.decode(heard, delivery, nowMs), heard };
    throw new Error("bug: only what was sent is answered");
  } catch (fault) {
    return faulty(fault, true);
  }
}

function goesTo<K extends Route["kind"]>(
  delivery: Delivery | DeliveryOf<K>,
  kind: K,
): delivery is DeliveryOf<K> {
  return delivery.route.kind === kind;
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
  let last = { origin: "", url: "" };
  const callbackUrl = (origin: string): string => {
    if (origin !== last.origin)
      last = { origin, url: `${origin.replace(/\/+$/, "")}${CALLBACK_PATH}` };
    return last.url;
  };
  const shared = {
    deploymentId,
    callbackToken,
    webhookKey: keys.webhook.bind(keys),
    executorKey: keys.executor.bind(keys),
  };
  return () => ({ ...shared, callbackUrl: callbackUrl(publicUrl()), nowMs: clock.nowMs() });
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
