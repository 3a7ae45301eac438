import { createHmac, timingSafeEqual, type KeyObject } from "node:crypto";
import { secretContext, type Cipher } from "../ports/cipher.ts";
import type { ExecTokens } from "../ports/exec-tokens.ts";
import { ExecKeys } from "./exec-keys.ts";
import { execTokenIn, isInTime, type ExecClaims, type ExecToken } from "./exec-token-form.ts";
import { bodyDigest } from "./jwt.ts";

type Expected = Parameters<ExecTokens["verify"]>[1];

/**
 * Verifies what executors sign, by the rules of RFC 7519 narrowed to one form: HS256, our type, all
 * claims, five minutes. `deploymentId` is the audience. The signature is computed here rather than by a
 * library because every beat of every node comes through, and `node:crypto` takes a tenth of the time of
 * WebCrypto; the algorithm is never read from the token.
 *
 * A refused token takes the same steps whether its appKey exists or not, and however many secrets it
 * has: two secrets are always tried, and what is missing is made up for by ones that fit nothing.
 */
export function createExecTokens({
  cipher,
  deploymentId,
}: {
  readonly cipher: Cipher;
  readonly deploymentId: string;
}): ExecTokens {
  const keys = new ExecKeys(cipher);

  return {
    claimedAppKey: (token) => execTokenIn(token)?.claims.iss ?? null,

    verify(token, expected) {
      const parsed = execTokenIn(token);
      if (parsed === null || parsed.claims.iss !== expected.appKey) return Promise.resolve(null);
      const { claims } = parsed;
      const [first, second] = keys.pair(expected);
      const isFirst = isSignedWith(parsed, first.key);
      const isSecond = isSignedWith(parsed, second.key);
      if (!isFirst && !isSecond) return Promise.resolve(null);
      const secret = expected.secrets[isFirst ? 0 : 1];
      const { context } = isFirst ? first : second;
      if (secret === undefined || !isMeant(claims, { ...expected, deploymentId, context }))
        return Promise.resolve(null);
      return Promise.resolve({
        secretId: secret.id,
        jti: claims.jti,
        expMs: claims.exp * 1_000,
      });
    },
  };
}

/** Whether a token that is signed is meant for us, for this body and for now. */
function isMeant(
  claims: ExecClaims,
  expected: Expected & { readonly deploymentId: string; readonly context: string },
): boolean {
  const { namespace, appKey, bodyText, nowMs } = expected;
  // A secret that was opened for another executor does not count for this one, though it is at hand.
  const isItsOwn = expected.context === secretContext(namespace, appKey);
  const isForUs = claims.aud === expected.deploymentId && claims.body === bodyDigest(bodyText);
  return isItsOwn && isForUs && isInTime(claims, nowMs);
}

function isSignedWith({ signed, signature }: ExecToken, key: KeyObject): boolean {
  const wanted = createHmac("sha256", key).update(signed).digest("base64url");
  // As text: two spellings of the same bytes are not the same token.
  return timingSafeEqual(Buffer.from(wanted), Buffer.from(signature));
}
