import type { ShardStorage } from "../../src/ports/shard-storage.ts";
import type { ExecutorDesk } from "./executor-desk.ts";
import type { History } from "./history.ts";
import type { ModelRecords } from "./model-records.ts";
import type { Network } from "./network.ts";
import type { Scene } from "./scene.ts";
import type { ShardHost } from "./shard-host.ts";

/** What a host has around it. */
export interface HostDeps {
  readonly scene: Scene;
  readonly shard: number;
  readonly storage: ShardStorage;
  readonly history: History;
  readonly network: Network;
  readonly records: ModelRecords;
  readonly executors: ExecutorDesk;
  /** The hosts of all shards of the world. */
  readonly peers: readonly ShardHost[];
}
