import { deepEqual, equal, throws } from "node:assert/strict";
import type { ExecutorNode, NodeEvent } from "../../src/ports/executors.ts";
import type {
  ExecutorStorage,
  StoredBeats,
  StoredExecutor,
} from "../../src/ports/executor-storage.ts";
import type { ExecutorStorageCase } from "./executor-storage-case.ts";

/** Names may hold any letters, and what would end a text in SQL. */
const ODD = "é🎌'\"; drop table nodes";

function aStored(more: Partial<StoredExecutor> = {}): StoredExecutor {
  return {
    executor: {
      appKey: "app-a",
      namespace: "default",
      name: ODD,
      registration: "auto",
      dialect: "native",
      concurrency: 3,
      nodeConcurrency: null,
      secrets: [{ id: "sec_1", sealed: "x", createdMs: 1, lastUsedMs: null }],
      version: 5,
      listVersion: 7,
      createdMs: 1,
      updatedMs: 2,
    },
    isDeleted: false,
    rowVersion: 2,
    rowVersionKept: 1,
    shards: [0, 3],
    shardsBehind: [3],
    lastEventSeq: 4,
    ...more,
  };
}

function aNode(id: string, more: Partial<ExecutorNode> = {}): ExecutorNode {
  return {
    id,
    address: `http://${id}.example`,
    source: "beat",
    weight: 1,
    tags: [ODD],
    isWeightSet: false,
    areTagsSet: true,
    handlers: ["report"],
    version: null,
    concurrency: null,
    wish: "enabled",
    health: "online",
    healthSinceMs: 1,
    healthReason: null,
    lostMs: null,
    registeredMs: 1,
    lastBeatMs: null,
    inFlight: null,
    secretId: null,
    ...more,
  };
}

function anEvent(seq: number, node = "node_a"): NodeEvent {
  const address = `http://${node}.example`;
  return { seq, atMs: seq * 10, node, address, kind: "online", detail: ODD };
}

const BEATS: StoredBeats = {
  writtenMs: 9,
  lastBeatMs: { node_a: 8 },
  inFlight: { node_a: 2 },
  secretUsedMs: { sec_1: 7 },
  tokens: [[ODD, 60]],
};

function seqs(
  storage: ExecutorStorage,
  query: Partial<Parameters<ExecutorStorage["eventsBefore"]>[0]> = {},
): readonly number[] {
  const all = { node: null, beforeSeq: 1_000_000, limit: 100 };
  return storage.eventsBefore({ ...all, ...query }).map(({ seq }) => seq);
}

function ids(storage: ExecutorStorage): readonly string[] {
  return storage.nodes().map(({ id }) => id);
}

export const EXECUTOR_STORAGE_CASES: readonly ExecutorStorageCase[] = [
  {
    name: "an empty storage has nothing",
    run(storage) {
      equal(storage.getExecutor(), null);
      equal(storage.getBeats(), null);
      equal(storage.getReply("k"), null);
      deepEqual(storage.nodes(), []);
      deepEqual(seqs(storage), []);
    },
  },
  {
    name: "an executor is stored, then replaced",
    run(storage) {
      storage.putExecutor(aStored());
      deepEqual(storage.getExecutor(), aStored());
      storage.putExecutor(aStored({ isDeleted: true, shards: [] }));
      deepEqual(storage.getExecutor(), aStored({ isDeleted: true, shards: [] }));
    },
    afterReopen(storage) {
      deepEqual(storage.getExecutor(), aStored({ isDeleted: true, shards: [] }));
    },
  },
  {
    name: "nodes come in the order in which they were first put, whatever their ids",
    run(storage) {
      for (const id of ["node_c", "node_a", "node_b"]) storage.putNode(aNode(id));
      storage.putNode(aNode("node_c", { weight: 9 }));
      deepEqual(ids(storage), ["node_c", "node_a", "node_b"]);
      equal(storage.nodes()[0]?.weight, 9);
    },
    afterReopen(storage) {
      deepEqual(ids(storage), ["node_c", "node_a", "node_b"]);
    },
  },
  {
    name: "a node that is deleted and put again comes last",
    run(storage) {
      for (const id of ["node_a", "node_b"]) storage.putNode(aNode(id));
      storage.transaction(() => {
        storage.deleteNode("node_a");
        storage.putNode(aNode("node_a"));
      });
      storage.deleteNode("node_x");
      deepEqual(ids(storage), ["node_b", "node_a"]);
    },
  },
  {
    name: "signs of life are one row that is replaced",
    run(storage) {
      storage.putBeats({ ...BEATS, writtenMs: 1 });
      storage.putBeats(BEATS);
      deepEqual(storage.getBeats(), BEATS);
    },
    afterReopen(storage) {
      deepEqual(storage.getBeats(), BEATS);
    },
  },
  {
    name: "events come newest first, before a number, and of one node by its id or address",
    run(storage) {
      for (const seq of [1, 2, 3, 4]) storage.addEvent(anEvent(seq, seq % 2 ? "node_a" : "node_b"));
      deepEqual(storage.eventsBefore({ node: null, beforeSeq: 3, limit: 1 }), [
        anEvent(2, "node_b"),
      ]);
      deepEqual(seqs(storage), [4, 3, 2, 1]);
      deepEqual(seqs(storage, { node: "node_a" }), [3, 1]);
      deepEqual(seqs(storage, { node: "http://node_b.example", limit: 1 }), [4]);
    },
  },
  {
    name: "trimming keeps the newest events",
    run(storage) {
      for (const seq of [1, 2, 3, 4]) storage.addEvent(anEvent(seq));
      storage.trimEvents(10);
      deepEqual(seqs(storage), [4, 3, 2, 1]);
      storage.trimEvents(2);
      deepEqual(seqs(storage), [4, 3]);
      storage.trimEvents(0);
      deepEqual(seqs(storage), []);
    },
  },
  {
    name: "the first answer to a key is found until it is purged, the oldest first",
    run(storage) {
      const entry = { bodyHash: "h", reply: ODD };
      for (const [key, expiresMs] of [
        ["k3", 30],
        ["k1", 10],
        ["k2", 20],
      ] as const)
        storage.putReply({ key, expiresMs, ...entry });
      deepEqual(storage.getReply("k1"), { expiresMs: 10, ...entry });
      storage.purgeReplies(20, 1);
      equal(storage.getReply("k1"), null);
      equal(storage.getReply("k2")?.expiresMs, 20);
      storage.purgeReplies(20, 5);
      equal(storage.getReply("k2"), null);
      equal(storage.getReply("k3")?.expiresMs, 30);
    },
  },
  {
    name: "a transaction keeps all of its writes, and one that throws keeps none",
    run(storage) {
      equal(
        storage.transaction(() => {
          writeAll(storage, 1);
          return 42;
        }),
        42,
      );
      const before = everything(storage);
      throws(
        () =>
          storage.transaction(() => {
            writeAll(storage, 2);
            storage.deleteNode("node_a");
            storage.trimEvents(0);
            throw new Error("power");
          }),
        /power/,
      );
      deepEqual(everything(storage), before);
    },
    afterReopen(storage) {
      equal(storage.getExecutor()?.rowVersion, 1);
      deepEqual(ids(storage), ["node_a"]);
      deepEqual(seqs(storage), [1]);
    },
  },
];

function writeAll(storage: ExecutorStorage, version: number): void {
  storage.putExecutor(aStored({ rowVersion: version }));
  storage.putNode(aNode("node_a", { weight: version }));
  storage.putBeats({ ...BEATS, writtenMs: version });
  storage.addEvent(anEvent(version));
  storage.putReply({ key: "k", bodyHash: "h", reply: String(version), expiresMs: 9 });
}

function everything(storage: ExecutorStorage): readonly unknown[] {
  const events = storage.eventsBefore({ node: null, beforeSeq: 100, limit: 100 });
  return [
    storage.getExecutor(),
    storage.nodes(),
    storage.getBeats(),
    events,
    storage.getReply("k"),
  ];
}
