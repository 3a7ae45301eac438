/** What `wrangler.toml` beside this file binds. */
declare namespace Cloudflare {
  interface Env {
    readonly STORAGE_HOST: DurableObjectNamespace;
    readonly SHARD: DurableObjectNamespace;
    readonly COURIER: DurableObjectNamespace;
    readonly MASTER_KEY: string;
    readonly EXECUTOR: DurableObjectNamespace;
    readonly AUDIT: DurableObjectNamespace;
    readonly LIVE: DurableObjectNamespace;
    readonly LOGIN: DurableObjectNamespace;
    readonly QUOTA: DurableObjectNamespace;
  }
}
