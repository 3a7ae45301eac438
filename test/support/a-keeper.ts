import { MemoryExecutorStorage } from "../../src/adapters/memory-executor-storage.ts";
import { createIds } from "../../src/adapters/uuid-ids.ts";
import { assert } from "../../src/core/assert.ts";
import { executorCopyOf, type ExecutorCopy, type NodeCopy } from "../../src/core/directory.ts";
import type { RefusalCode } from "../../src/core/refusal.ts";
import type {
  ExecutorCommandKind,
  ExecutorInput,
  ExecutorOutput,
  ListedNode,
  UsedToken,
} from "../../src/ports/executor-commands.ts";
import type { ExecutorNode, ExecutorView, NodeEvent, NodeView } from "../../src/ports/executors.ts";
import type { ExecutorStorage } from "../../src/ports/executor-storage.ts";
import type { ProbeAnswer } from "../../src/ports/node-probe.ts";
import type { Idempotency } from "../../src/ports/shard-client.ts";
import { ExecutorKeeper } from "../../src/registry/executor-keeper.ts";

export const KEEPER_T0 = Date.UTC(2026, 4, 1, 12);
export const SECOND = 1_000;
export const DAY = 86_400_000;
export const NODE_A = "http://10.0.0.1:8000";
export const NODE_B = "http://10.0.0.2:8000";
export const OWN = { namespace: "default" } as const;

/** The definition of an executor whose nodes register themselves. */
export function anExecutor(
  more: Partial<ExecutorInput<"executor.create">["executor"]> = {},
): ExecutorInput<"executor.create">["executor"] {
  return {
    appKey: "app-a",
    namespace: "default",
    name: "reports",
    registration: "auto",
    dialect: "native",
    concurrency: null,
    nodeConcurrency: null,
    ...more,
  };
}

export function aListedNode(address: string, more: Partial<ListedNode> = {}): ListedNode {
  return { address, weight: 1, tags: [], concurrency: null, ...more };
}

/** A node that is well. */
export function aProbeAnswer(more: Partial<ProbeAnswer> = {}): ProbeAnswer {
  return {
    isReached: true,
    status: 200,
    latencyMs: 3,
    clockSkewMs: null,
    answer: { ok: true },
    error: null,
    handlers: null,
    inFlight: null,
    appKey: null,
    ...more,
  };
}

type Said = Partial<Omit<ExecutorInput<"node.beat">, "token" | "address">>;

/** A keeper on memory storage with a clock that stands until it is set. */
export class TestKeeper {
  readonly storage: ExecutorStorage;
  nowMs = KEEPER_T0;
  keeper: ExecutorKeeper;
  #tokens = 0;

  constructor(storage: ExecutorStorage = new MemoryExecutorStorage()) {
    this.storage = storage;
    this.keeper = this.restart();
  }

  /** The process dies, and another one takes over what storage holds. */
  restart(): ExecutorKeeper {
    this.keeper = new ExecutorKeeper({ appKey: "app-a", storage: this.storage, ids: createIds() });
    this.keeper.wake(this.nowMs);
    return this.keeper;
  }

  /** What a command that is done returns. */
  do<K extends ExecutorCommandKind>(
    kind: K,
    input: ExecutorInput<K>,
    idempotency: Idempotency | null = null,
  ): ExecutorOutput<K> {
    const reply = this.keeper.command(kind, input, { nowMs: this.nowMs, idempotency });
    assert(reply.ok, `${kind} is done, not refused: ${JSON.stringify(reply)}`);
    return reply.value;
  }

  /** Why a command is refused; undefined when it is done. */
  refusal<K extends ExecutorCommandKind>(
    kind: K,
    input: ExecutorInput<K>,
    idempotency: Idempotency | null = null,
  ): RefusalCode | undefined {
    const reply = this.keeper.command(kind, input, { nowMs: this.nowMs, idempotency });
    return reply.ok ? undefined : reply.refusal.code;
  }

  create(
    more: Parameters<typeof anExecutor>[0] = {},
    nodes: readonly ListedNode[] = [],
  ): ExecutorView {
    const executor = anExecutor(more);
    return this.do("executor.create", { executor, sealedSecret: "sealed-1", nodes });
  }

  /** A token that was never used, signed with the older or the newest secret. */
  token(more: Partial<UsedToken> & { readonly isNewest?: boolean } = {}): UsedToken {
    const { isNewest = false, ...given } = more;
    const { secrets } = this.do("executor.secrets", {});
    const secretId = secrets.at(isNewest ? -1 : 0)?.id ?? "";
    return { secretId, jti: `jti-${++this.#tokens}`, expMs: this.nowMs + 60_000, ...given };
  }

  beatInput(
    address: string,
    said: Said & { readonly token?: UsedToken } = {},
  ): ExecutorInput<"node.beat"> {
    return {
      token: said.token ?? this.token(),
      address,
      weight: null,
      tags: null,
      handlers: null,
      version: null,
      concurrency: null,
      inFlight: null,
      ...said,
    };
  }

  beat(address: string, said: Said & { readonly token?: UsedToken } = {}): ExecutorNode {
    return this.do("node.beat", this.beatInput(address, said)).node;
  }

  /** Lets the time pass, waking the keeper whenever it wishes to be. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    for (let dueMs = this.keeper.nextTickMs; dueMs !== null && dueMs <= endMs;) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.keeper.tick(this.nowMs);
      const nextMs = this.keeper.nextTickMs;
      assert(nextMs === null || nextMs > this.nowMs, "a keeper does not spin");
      dueMs = nextMs;
    }
    this.nowMs = endMs;
  }

  get view(): ExecutorView {
    return this.do("executor.get", OWN);
  }

  node(address: string): NodeView | undefined {
    return this.view.nodes.find((node) => node.address === address);
  }

  /** What a shard gets that asks for a copy. */
  copy(shard: number): ExecutorCopy {
    return executorCopyOf(this.do("executor.copy", { ...OWN, shard }).copy.body);
  }

  copiedNode(address: string, shard = 0): NodeCopy | undefined {
    return this.copy(shard).nodes.find((node) => node.address === address);
  }

  get events(): readonly NodeEvent[] {
    return this.do("node.history", { ...OWN, node: null, beforeSeq: null, limit: 1_000 }).events;
  }

  /** The kinds of all events, oldest first. */
  get kinds(): readonly string[] {
    return this.events.map(({ kind }) => kind).toReversed();
  }
}
