import { BoundedMap } from "../core/bounded-map.ts";
import { decodeAnswer } from "./answer.ts";
import type { Dialect } from "./dialect.ts";
import { identityHeaders, instantText } from "./identity-headers.ts";
import { bodyDigest, signJwt } from "./jwt.ts";

export const NATIVE_LIMITS = { tokenSeconds: 300, urlsKeptMax: 4_096 } as const;

const RUN_PATH = "/tickwheel/run";

/**
 * Our own executor protocol: one JSON request a delivery, under a token that is good for nothing
 * else.
 */
export const nativeDialect: Dialect<"executor"> = {
  encode(delivery, context) {
    const { target, node, appKey } = delivery.route;
    const url = runUrl(node.address);
    const nominalAt = instantText(delivery.nominalMs);
    const body = JSON.stringify({
      run: delivery.runId,
      job: delivery.jobName,
      handler: target.handler,
      params: delivery.params,
      attempt: delivery.attempt,
      attemptsMax: delivery.attemptsMax,
      nominalAt,
      deadlineAt: instantText(delivery.sentMs + delivery.timeoutMs),
      callback: { url: context.callbackUrl, token: context.callbackToken(delivery) },
    });
    const issuedAt = Math.floor(context.nowMs / 1_000);
    const token = signJwt(
      "run+jwt",
      {
        iss: context.deploymentId,
        aud: appKey,
        sub: url,
        iat: issuedAt,
        nbf: issuedAt,
        exp: issuedAt + NATIVE_LIMITS.tokenSeconds,
        jti: `${delivery.runId}:${delivery.attempt}:${delivery.send}`,
        body: bodyDigest(body),
        run: delivery.runId,
        att: delivery.attempt,
        at: nominalAt,
      },
      context.executorKey(delivery.namespace, appKey, node.sealedSecret),
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
      nowMs,
    });
  },
};

const urls = new BoundedMap<string, string>(NATIVE_LIMITS.urlsKeptMax);

/** The address may have a path of its own, with or without a slash at its end. */
function runUrl(address: string): string {
  const known = urls.get(address);
  if (known !== undefined) return known;
  const url = new URL(address);
  url.pathname = url.pathname.replace(/\/+$/, "") + RUN_PATH;
  url.search = "";
  url.hash = "";
  urls.set(address, url.href);
  return url.href;
}
