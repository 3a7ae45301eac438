import { createNodeHttpEgress } from "../adapters/egress-node-http.ts";
import { EGRESS_LIMITS, type EgressOptions } from "../adapters/egress-options.ts";
import { createEgressPolicy } from "../adapters/egress-policy.ts";
import { createUndiciEgress } from "../adapters/egress-undici.ts";
import type { Egress } from "../ports/egress.ts";
import { HOST_CONCURRENCY } from "./local-shards.ts";
import { isNode } from "./runtime.ts";
import { SettingsError, type Settings } from "./settings.ts";

/** At most as many as a shard has deliveries out to one host: their timeouts run while they wait here. */
const CONNECTIONS_PER_ORIGIN = { soon: 64, max: HOST_CONCURRENCY } as const;

/** The way out for this runtime. Throws `SettingsError` when EGRESS_ALLOW holds something that is no network. */
export function createEgress(settings: Settings): Egress {
  const own = settings.publicUrl === null ? [] : [new URL(settings.publicUrl).hostname];
  const options: EgressOptions = {
    policy: policyOf(settings.egressAllow, own),
    connectionsPerOrigin: CONNECTIONS_PER_ORIGIN,
    limits: EGRESS_LIMITS,
  };
  // Bun and Deno ignore the look-up hook of undici, which is the faster client on Node.
  return isNode ? createUndiciEgress(options) : createNodeHttpEgress(options);
}

function policyOf(
  allow: readonly string[],
  own: readonly string[],
): ReturnType<typeof createEgressPolicy> {
  try {
    return createEgressPolicy({ allow, own });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsError(`${why}.`, { cause: error });
  }
}
