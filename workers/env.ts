/** What `wrangler.toml`, its variables and the secrets give to the Worker and its objects. */
export interface Env {
  readonly SHARD: DurableObjectNamespace;
  readonly COURIER: DurableObjectNamespace;
  readonly EXECUTOR: DurableObjectNamespace;
  readonly LIVE: DurableObjectNamespace;
  readonly LOGIN: DurableObjectNamespace;
  readonly AUDIT: DurableObjectNamespace;
  readonly QUOTA: DurableObjectNamespace;
  readonly ASSETS: Fetcher;
  /** The network that a local host lends for calls to targets. On Cloudflare there is none: see `egress-fetch.ts`. */
  readonly EGRESS?: Fetcher;
  readonly LIBSQL_URL?: string;
  readonly LIBSQL_TOKEN?: string;
  readonly MASTER_KEY?: string;
  readonly BOOTSTRAP_TOKEN?: string;
  readonly SETUP_TOKEN?: string;
  readonly PUBLIC_URL?: string;
  readonly SHARDS?: string;
  readonly COURIERS?: string;
  readonly HOST_CONCURRENCY?: string;
  readonly EGRESS_ALLOW?: string;
  readonly RATE_PER_MINUTE?: string;
  readonly LOG_LEVEL?: string;
  readonly LOG_RETENTION?: string;
}
