import { DurableObject } from "cloudflare:workers";

/** An empty object with SQLite: the tests reach into its storage from inside. */
export class StorageHost extends DurableObject {}

declare global {
  namespace Cloudflare {
    /** The bindings, as `wrangler.toml` names them. */
    interface Env {
      readonly STORAGE_HOST: DurableObjectNamespace<StorageHost>;
    }
  }
}

const worker = {
  fetch(): Response {
    return new Response("This worker only lends its storage to tests.", { status: 404 });
  },
} satisfies ExportedHandler;

// oxlint-disable-next-line import/no-default-export -- The Workers runtime reads the default export.
export default worker;
