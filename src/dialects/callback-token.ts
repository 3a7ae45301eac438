import { createSecretKey } from "node:crypto";
import { errors, jwtVerify, type JWTPayload } from "jose";
import { PLACEMENT_LIMITS, shardOfId } from "../core/placement.ts";
import type { Cipher } from "../ports/cipher.ts";
import { signJwt } from "./jwt.ts";

export const CALLBACK_TOKEN_LIMITS = {
  /** How long after the attempt's deadline its callback is still heard. */
  graceSeconds: 3_600,
  clockToleranceSeconds: 30,
  charsMax: 1_024,
} as const;

/** Exactly the compact form: decoders overlook padding and line breaks. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The one attempt that a callback token speaks for. */
export interface CallbackClaims {
  readonly shard: number;
  readonly run: string;
  readonly attempt: number;
}

/**
 * Signs and verifies the tokens with which an executor reports back. A leaked one exposes one
 * attempt.
 */
export interface CallbackTokens {
  /** Valid to the attempt's deadline and an hour beyond. */
  issue(attempt: {
    readonly run: string;
    readonly attempt: number;
    readonly deadlineMs: number;
  }): string;
  /** What the token speaks for; null when it is not ours, not valid any more, or malformed. */
  verify(token: string, nowMs: number): Promise<CallbackClaims | null>;
}

/**
 * `deploymentId` is the issuer. The key is derived from the master key, so it is stored nowhere.
 */
export function createCallbackTokens(cipher: Cipher, deploymentId: string): CallbackTokens {
  const keyBytes = cipher.derive("callback-token");
  const key = createSecretKey(keyBytes);

  return {
    issue({ run, attempt, deadlineMs }) {
      const exp = Math.ceil(deadlineMs / 1_000) + CALLBACK_TOKEN_LIMITS.graceSeconds;
      const shard = shardOfId("run", run, PLACEMENT_LIMITS.shardsMax) ?? 0;
      return signJwt("cb+jwt", { iss: deploymentId, shard, run, att: attempt, exp }, key);
    },

    async verify(token, nowMs) {
      if (token.length > CALLBACK_TOKEN_LIMITS.charsMax || !COMPACT.test(token)) return null;
      try {
        const { payload, protectedHeader } = await jwtVerify(token, keyBytes, {
          algorithms: ["HS256"],
          typ: "cb+jwt",
          issuer: deploymentId,
          requiredClaims: ["iss", "exp", "shard", "run", "att"],
          clockTolerance: CALLBACK_TOKEN_LIMITS.clockToleranceSeconds,
          currentDate: new Date(nowMs),
        });
        // No kid, jku or crit: our tokens have exactly these two fields, spelled exactly so.
        const isOurs =
          protectedHeader.typ === "cb+jwt" && Object.keys(protectedHeader).length === 2;
        return isOurs ? claimsOf(payload) : null;
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null;
        throw error;
      }
    },
  };
}

function claimsOf(payload: JWTPayload): CallbackClaims | null {
  const { shard, run, att } = payload;
  if (typeof run !== "string" || typeof att !== "number" || typeof shard !== "number") return null;
  const isSound = Number.isSafeInteger(att) && att >= 1;
  const home = shardOfId("run", run, PLACEMENT_LIMITS.shardsMax);
  return isSound && home === shard ? { shard, run, attempt: att } : null;
}
