import type { ShardClient, Shards } from "../ports/shard-client.ts";

/** The shards of the deployment as one of them sees them: itself it calls without a detour. */
export class Peers implements Shards {
  readonly #others: Shards;
  readonly #own: { readonly shard: number; readonly client: ShardClient };

  constructor(others: Shards, own: { readonly shard: number; readonly client: ShardClient }) {
    this.#others = others;
    this.#own = own;
  }

  get count(): number {
    return this.#others.count;
  }

  at(shard: number): ShardClient {
    return shard === this.#own.shard ? this.#own.client : this.#others.at(shard);
  }
}
