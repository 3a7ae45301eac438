import { getCACertificates } from "node:tls";
import { networkRules } from "../../src/adapters/egress-address.ts";

/** A service of workerd that opens connections: what Miniflare takes where a Worker is bound to a network. */
export interface LocalNetwork {
  readonly network: {
    /** CIDR networks; `public` is all that is neither private nor this machine. */
    readonly allow: readonly string[];
    readonly deny: readonly string[];
    readonly tlsOptions: {
      readonly trustBrowserCas: boolean;
      readonly trustedCertificates: readonly string[];
    };
  };
}

/**
 * The network through which a local workerd calls targets (`Env.EGRESS`). The development server's own lets
 * through what is private, and nothing else guards a local workerd against names that lead inside; this one
 * judges each address that it connects to. Besides, each global `fetch` there passes through one more worker,
 * which took more than a third of the processor in a herd. Throws for an entry that is no network.
 */
export function localNetwork(egressAllow: readonly string[]): LocalNetwork {
  const { opened, closed } = networkRules(egressAllow);
  // Certificates of NODE_EXTRA_CA_CERTS are trusted as on Node.
  const trustedCertificates = getCACertificates("extra");
  const tlsOptions = { trustBrowserCas: true, trustedCertificates };
  return { network: { allow: ["public", ...opened], deny: closed, tlsOptions } };
}
