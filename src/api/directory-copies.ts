import {
  executorKey,
  namespaceKey,
  type ExecutorCopy,
  type NamespaceCopy,
} from "../core/directory.ts";
import type { TargetSpec } from "../core/job.ts";
import { Refusal } from "../core/refusal.ts";
import type { Directory, Executor, Namespace } from "../ports/directory.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import type { Shards } from "../ports/shard-client.ts";
import type { LogSink } from "./api-deps.ts";
import { eachBounded } from "./each-bounded.ts";
import { FreshCache } from "./fresh-cache.ts";

/** A Worker has six connections; a push that takes them all would starve the request itself. */
export const SHARDS_AT_ONCE = 4;
const EXECUTORS_FRESH = { entriesMax: 1_000, freshMs: 5_000, staleMs: 600_000 } as const;
const NAMESPACES_FRESH = { entriesMax: 1_000, freshMs: 30_000, staleMs: 86_400_000 } as const;

/**
 * A namespace that has never rotated its signing secret has no row: it signs with the first
 * generation. Every rotation makes a higher version and goes to all shards, so this one never hides
 * a true copy.
 */
export function firstNamespace(name: string): Namespace {
  return { name, version: 0, signingGenerations: [1] };
}

export function executorCopy(executor: Executor): DirectoryCopy {
  const { appKey, namespace, sealedSecret, version } = executor;
  const nodes = executor.nodes.map((node) => ({
    ...node,
    state: "online" as const,
    sinceMs: 0,
    tags: [],
    handlers: null,
    concurrency: null,
    secret: 0,
    lostMs: null,
  }));
  const body: ExecutorCopy = {
    appKey,
    namespace,
    nodes,
    sealedSecrets: [sealedSecret],
    concurrency: null,
  };
  return { key: executorKey(namespace, appKey), version, body: JSON.stringify(body) };
}

export function namespaceCopy(namespace: Namespace): DirectoryCopy {
  const { name, version, signingGenerations } = namespace;
  const body: NamespaceCopy = { name, signingGenerations };
  return { key: namespaceKey(name), version, body: JSON.stringify(body) };
}

/** What the shards must know of the directory: read for a job's target, pushed when it changes. */
export class DirectoryCopies {
  readonly #deps: {
    readonly directory: Directory;
    readonly shards: Shards;
    readonly log: LogSink;
  };
  readonly #executors = new FreshCache<Executor>(EXECUTORS_FRESH);
  readonly #namespaces = new FreshCache<Namespace>(NAMESPACES_FRESH);

  constructor(deps: {
    readonly directory: Directory;
    readonly shards: Shards;
    readonly log: LogSink;
  }) {
    this.#deps = deps;
  }

  /** The copies that a job with this target takes along to its shard. */
  async forTarget(
    namespace: string,
    target: TargetSpec,
    nowMs: number,
  ): Promise<readonly DirectoryCopy[]> {
    if (target.kind === "webhook") return [await this.#copyOfNamespace(namespace, nowMs)];
    const { executor: appKey } = target;
    const executor = await this.#executors.read(executorKey(namespace, appKey), nowMs, () =>
      this.#deps.directory.executor(namespace, appKey),
    );
    if (executor === null)
      throw new Refusal("target.refused", `There is no executor with the appKey ${appKey}.`, {
        errors: [{ pointer: "/target/executor", message: "No such executor." }],
        hint: "Create it first: POST /api/v1/executors.",
      });
    return [executorCopy(executor)];
  }

  /**
   * Gives copies to every shard, which takes them together. What a shard does not take now it gets with
   * the next job that needs it, or from `healDirectory`; the change itself is stored already.
   */
  async push(...copies: readonly DirectoryCopy[]): Promise<void> {
    for (const { key } of copies) {
      this.#executors.forget(key);
      this.#namespaces.forget(key);
    }
    const { shards, log } = this.#deps;
    const all = Array.from({ length: shards.count }, (_, shard) => shard);
    await eachBounded(all, SHARDS_AT_ONCE, async (shard) => {
      const reason = await pushTo(shards, shard, copies);
      if (reason === null) return;
      const keys = copies.map(({ key, version }) => `${key} ${version}`);
      log.write({ level: "warn", event: "directory.push_failed", fields: { shard, keys, reason } });
    });
  }

  /** A deleted executor is asked for again at once. */
  forgetExecutor(namespace: string, appKey: string): void {
    this.#executors.forget(executorKey(namespace, appKey));
  }

  async #copyOfNamespace(name: string, nowMs: number): Promise<DirectoryCopy> {
    const { directory } = this.#deps;
    try {
      const stored = await this.#namespaces.read(
        namespaceKey(name),
        nowMs,
        async () => (await directory.namespace(name)) ?? firstNamespace(name),
      );
      return namespaceCopy(stored ?? firstNamespace(name));
    } catch (error) {
      // Jobs are taken while the records are away; a shard that has a true copy keeps it.
      if (error instanceof Refusal && error.data.code === "records.unavailable")
        return namespaceCopy(firstNamespace(name));
      throw error;
    }
  }
}

/** Null when the shard has the copies now, else why not. */
export async function pushTo(
  shards: Shards,
  shard: number,
  copies: readonly DirectoryCopy[],
): Promise<string | null> {
  try {
    const reply = await shards.at(shard).call("directory.put", { copies });
    return reply.ok ? null : reply.refusal.detail;
  } catch (error) {
    return String(error);
  }
}
