import { createSecretKey } from "node:crypto";
import type { Json } from "../core/json.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { LiveTicket, LiveTickets } from "../ports/live-tickets.ts";
import { claimsOfJwt, signJwt } from "./jwt.ts";

const CHARS_MAX = 1_024;

/** `deploymentId` is the issuer. The key is derived from the master key, so it is stored nowhere. */
export function createLiveTickets(cipher: Cipher, deploymentId: string): LiveTickets {
  const key = createSecretKey(cipher.derive("live-ticket"));

  return {
    issue({ namespace, principal, credential, id, expMs }) {
      const known = { iss: deploymentId, ns: namespace, sub: principal, cre: credential };
      const claims = { ...known, jti: id, exp: expMs };
      return signJwt("lt+jwt", claims, key);
    },

    verify(text, nowMs) {
      if (text.length > CHARS_MAX) return null;
      const claims = claimsOfJwt("lt+jwt", text, key);
      if (claims === null || claims["iss"] !== deploymentId) return null;
      const ticket = ticketOf(claims);
      return ticket !== null && ticket.expMs > nowMs ? ticket : null;
    },
  };
}

/** Milliseconds, not the seconds of RFC 7519: nobody but us reads it. */
function ticketOf(claims: { readonly [claim: string]: Json }): LiveTicket | null {
  const { ns, sub, cre, jti, exp } = claims;
  if (typeof ns !== "string" || typeof sub !== "string" || typeof jti !== "string") return null;
  if (typeof exp !== "number" || (typeof cre !== "string" && cre !== null)) return null;
  return { namespace: ns, principal: sub, credential: cre, id: jti, expMs: exp };
}
