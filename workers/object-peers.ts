import { assert } from "../src/core/assert.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type { ShardClient, Shards } from "../src/ports/shard-client.ts";
import type { Env } from "./env.ts";
import { DurableShards } from "./shard-rpc.ts";

/**
 * The shards of the deployment that a shard object belongs to, which it learns with its first command. Its own
 * number must not be asked for: an object that called itself would wait for itself.
 */
export class ObjectPeers implements Shards {
  readonly #env: Env;
  readonly #deployment: () => Deployment | null;

  constructor(env: Env, deployment: () => Deployment | null) {
    this.#env = env;
    this.#deployment = deployment;
  }

  get count(): number {
    return this.#shards().count;
  }

  at(shard: number): ShardClient {
    return this.#shards().at(shard);
  }

  #shards(): DurableShards {
    const deployment = this.#deployment();
    assert(deployment !== null, "a run came with a command, and a command with a deployment");
    return new DurableShards(this.#env, deployment);
  }
}
