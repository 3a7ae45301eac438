import { isIP, type LookupFunction } from "node:net";
import type { EgressPolicy } from "./egress-policy.ts";
import type { Resolve, ResolvedAddress } from "./egress-options.ts";

/** The guard's own error: it must not be taken for a fault of the network. */
export class EgressRefused extends Error {
  readonly code = "EGRESS_REFUSED";

  constructor(why: string) {
    super(why);
    this.name = "EgressRefused";
  }
}

/**
 * A `lookup` for sockets that resolves once and hands on only what it has checked, so that a second
 * answer of the resolver cannot lead elsewhere (DNS rebinding). A name with one forbidden address
 * is refused as a whole: nobody mixes those by accident.
 */
export function guardedLookup(policy: EgressPolicy, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    const answer = (error: Error | null, found: readonly ResolvedAddress[]) => {
      if (error !== null) return callback(error, "");
      const why = refusesAny(policy, found);
      if (why !== null) return callback(new EgressRefused(why), "");
      const usable = found.filter(({ family }) => isWanted(options.family, family));
      const [first] = usable;
      if (first === undefined) return callback(new Error(`${hostname} has no address`), "");
      if (options.all === true) return callback(null, [...usable]);
      return callback(null, first.address, first.family);
    };
    const family = isIP(hostname);
    if (family === 0) resolve(hostname, answer);
    else answer(null, [{ address: hostname, family }]);
  };
}

/** A last look at the standing connection. Null where the runtime does not tell the address. */
export function refusesPeer(policy: EgressPolicy, address: string | undefined): string | null {
  return address === undefined ? null : policy.refusesAddress(address);
}

function refusesAny(policy: EgressPolicy, found: readonly ResolvedAddress[]): string | null {
  for (const { address } of found) {
    const why = policy.refusesAddress(address);
    if (why !== null) return why;
  }
  return null;
}

function isWanted(wanted: number | string | undefined, family: number): boolean {
  return (wanted !== 4 && wanted !== 6) || family === wanted;
}
