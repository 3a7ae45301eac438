import { BoundedMap } from "../core/bounded-map.ts";
import type { Json } from "../core/json.ts";
import type { Slice } from "../core/run.ts";
import { decodeAnswer } from "./answer.ts";
import { stepOnWire } from "./delivered-step.ts";
import type { DeliveryOf, ExecutorDialect, SaidOfItself, SigningContext } from "./dialect.ts";
import { identityHeaders, instantText, VERSION } from "./identity-headers.ts";
import { bodyDigest, signJwt } from "./jwt.ts";
import { fieldOf, parseShallowJson } from "./shallow-json.ts";

export const NATIVE_LIMITS = {
  tokenSeconds: 300,
  urlsKeptMax: 4_096,
  cancelTimeoutMs: 5_000,
  probeTimeoutMs: 5_000,
  /** Of what a node says it can do. */
  handlersMax: 256,
  handlerCharsMax: 128,
} as const;

const RUN_PATH = "/tickwheel/run";
const CANCEL_PATH = "/tickwheel/cancel";
const HEALTH_PATH = "/tickwheel/health";

/**
 * Our own executor protocol (`src/sdk/PROTOCOL.md`): one JSON request a delivery, under a token that is
 * good for nothing else.
 */
export const nativeDialect: ExecutorDialect = {
  encode(delivery, context) {
    const { node, appKey } = delivery.route;
    const url = urlUnder(node.address, RUN_PATH);
    const body = bodyOf(delivery, context.callbackUrl, context.callbackToken(delivery));
    const token = tokenFor(
      { url, body, jti: `${delivery.runId}:${delivery.attempt}:${delivery.send}` },
      { ...delivery, appKey, sealedSecret: node.sealedSecret },
      context,
    );
    return {
      method: "POST",
      url,
      headers: {
        "content-type": "application/json",
        ...identityHeaders(delivery),
        authorization: `Bearer ${token}`,
      },
      body,
      timeoutMs: delivery.timeoutMs,
    };
  },

  decode(answer, delivery, nowMs) {
    return decodeAnswer(answer, {
      url: delivery.route.node.address,
      canCallBack: true,
      canBeGone: false,
      isStep: delivery.workflow !== null,
      nowMs,
    });
  },

  encodeCancel(notice, context) {
    const { runId, attempt, reason, node } = notice;
    const url = urlUnder(node.address, CANCEL_PATH);
    const body = JSON.stringify({ run: runId, attempt, reason });
    const token = tokenFor(
      { url, body, jti: `${runId}:${attempt}:cancel` },
      { ...notice, sealedSecret: node.sealedSecret },
      context,
    );
    const headers = { ...plainHeaders(token), "content-type": "application/json" };
    return { method: "POST", url, headers, body, timeoutMs: NATIVE_LIMITS.cancelTimeoutMs };
  },

  decodeCancel(answer) {
    if (!answer.ok || (answer.status !== 200 && answer.status !== 404)) return false;
    const said = parseShallowJson(answer.body);
    // A 404 of anybody else, such as an executor without this path, says nothing of the run.
    return (
      fieldOf(said, "known") === false ||
      (answer.status === 200 && fieldOf(said, "canceled") === true)
    );
  },

  encodeProbe(target, context) {
    const url = urlUnder(target.address, HEALTH_PATH);
    const about = { url, body: "", jti: `health:${context.nowMs}` };
    const headers = plainHeaders(tokenFor(about, target, context));
    return { method: "GET", url, headers, body: null, timeoutMs: NATIVE_LIMITS.probeTimeoutMs };
  },

  decodeProbe(answer) {
    const body = answer.ok && answer.status < 300 ? parseShallowJson(answer.body) : undefined;
    const inFlight = fieldOf(body, "inFlight");
    const appKey = fieldOf(body, "appKey");
    const now = fieldOf(body, "now");
    const nowMs = typeof now === "string" ? Date.parse(now) : Number.NaN;
    return {
      handlers: handlersOf(fieldOf(body, "handlers")),
      inFlight: typeof inFlight === "number" && inFlight >= 0 ? Math.floor(inFlight) : null,
      appKey: typeof appKey === "string" ? appKey : null,
      nowMs: Number.isNaN(nowMs) ? null : nowMs,
    };
  },
};

function bodyOf(delivery: DeliveryOf<"executor">, url: string, token: string): string {
  return JSON.stringify({
    run: delivery.runId,
    job: delivery.jobName,
    handler: delivery.route.target.handler,
    trigger: delivery.trigger,
    params: delivery.params,
    attempt: delivery.attempt,
    attemptsMax: delivery.attemptsMax,
    nominalAt: instantText(delivery.nominalMs),
    deadlineAt: instantText(delivery.sentMs + delivery.timeoutMs),
    ...(delivery.slice === null ? {} : { shard: shardOf(delivery.slice) }),
    ...(delivery.workflow === null ? {} : { workflow: stepOnWire(delivery.workflow) }),
    callback: { url, token },
  });
}

/** On the wire a slice is a shard, as executors have called it for long. */
function shardOf({ index, total, items }: Slice): { readonly [field: string]: Json } {
  return items === null ? { index, total } : { index, total, items };
}

interface Addressee {
  readonly namespace: string;
  readonly appKey: string;
  readonly sealedSecret: string;
  readonly runId?: string;
  readonly attempt?: number;
  readonly nominalMs?: number;
}

/** Bound to one URL, one body, and where there is one, to one attempt of one run. */
function tokenFor(
  about: { readonly url: string; readonly body: string; readonly jti: string },
  { namespace, appKey, sealedSecret, runId, attempt, nominalMs }: Addressee,
  context: SigningContext,
): string {
  const issuedAt = Math.floor(context.nowMs / 1_000);
  return signJwt(
    "run+jwt",
    {
      iss: context.deploymentId,
      aud: appKey,
      sub: about.url,
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + NATIVE_LIMITS.tokenSeconds,
      jti: about.jti,
      body: bodyDigest(about.body),
      ...(runId === undefined ? {} : { run: runId }),
      ...(attempt === undefined ? {} : { att: attempt }),
      ...(nominalMs === undefined ? {} : { at: instantText(nominalMs) }),
    },
    context.executorKey(namespace, appKey, sealedSecret),
  );
}

function plainHeaders(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}`, "user-agent": `Tickwheel/${VERSION}` };
}

function handlersOf(said: Json | undefined): SaidOfItself["handlers"] {
  if (!Array.isArray(said)) return null;
  return said
    .slice(0, NATIVE_LIMITS.handlersMax)
    .filter((name) => typeof name === "string")
    .map((name) => name.slice(0, NATIVE_LIMITS.handlerCharsMax));
}

const urls = new BoundedMap<string, string>(NATIVE_LIMITS.urlsKeptMax);

/** The address may have a path of its own, with or without a slash at its end. */
function urlUnder(address: string, path: string): string {
  const key = `${path} ${address}`;
  const known = urls.get(key);
  if (known !== undefined) return known;
  const url = new URL(address);
  url.pathname = url.pathname.replace(/\/+$/, "") + path;
  url.search = "";
  url.hash = "";
  urls.set(key, url.href);
  return url.href;
}
