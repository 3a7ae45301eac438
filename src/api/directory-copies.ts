import { executorKey, namespaceKey, type NamespaceCopy } from "../core/directory.ts";
import type { TargetSpec } from "../core/job.ts";
import { Refusal } from "../core/refusal.ts";
import { NO_QUOTAS, type Directory, type Namespace } from "../ports/directory.ts";
import type { Executors } from "../ports/executors.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import type { Shards } from "../ports/shard-client.ts";
import type { LogSink } from "./api-deps.ts";
import { eachBounded } from "../core/each-bounded.ts";
import { FreshCache } from "./fresh-cache.ts";
import { callKeeper } from "./keeper-call.ts";
import { unlessRefused } from "./shard-call.ts";

/** A Worker has six connections; a push that takes them all would starve the request itself. */
export const SHARDS_AT_ONCE = 4;
const COPIES_FRESH = { entriesMax: 4_000, freshMs: 5_000, staleMs: 600_000 } as const;
const NAMESPACES_FRESH = { entriesMax: 1_000, freshMs: 30_000, staleMs: 86_400_000 } as const;

/**
 * A namespace that has never rotated its signing secret has no row: it signs with the first
 * generation. Every rotation makes a higher version and goes to all shards, so this one never hides
 * a true copy.
 */
export function firstNamespace(name: string): Namespace {
  const unsaid = { description: "", createdMs: null, quotas: NO_QUOTAS };
  return { name, version: 0, signingGenerations: [1], ...unsaid };
}

/**
 * An executor as one shard must know it; from then on its keeper tells that shard of every change. Null
 * when there is no such executor.
 */
export async function executorCopy(
  executors: Executors,
  at: { readonly namespace: string; readonly appKey: string; readonly shard: number },
): Promise<DirectoryCopy | null> {
  const { appKey, ...input } = at;
  const order = { appKey, kind: "executor.copy", input, idempotency: null } as const;
  const answer = await unlessRefused(["executor.unknown"], callKeeper(executors, order));
  return answer?.value.copy ?? null;
}

export function namespaceCopy(namespace: Namespace): DirectoryCopy {
  const { name, version, signingGenerations } = namespace;
  const body: NamespaceCopy = { name, signingGenerations };
  return { key: namespaceKey(name), version, body: JSON.stringify(body) };
}

interface CopiesDeps {
  readonly directory: Directory;
  readonly executors: Executors;
  readonly shards: Shards;
  readonly log: LogSink;
}

/**
 * What the shards must know of the directory: read for a job's target. Changes of namespaces and
 * calendars are pushed from here, those of executors by their keepers.
 */
export class DirectoryCopies {
  readonly #deps: CopiesDeps;
  readonly #executors = new FreshCache<DirectoryCopy>(COPIES_FRESH);
  readonly #namespaces = new FreshCache<Namespace>(NAMESPACES_FRESH);

  constructor(deps: CopiesDeps) {
    this.#deps = deps;
  }

  /** The copies that a job with this target takes along to its shard. */
  async forTarget(
    namespace: string,
    target: TargetSpec,
    { shard, nowMs }: { readonly shard: number; readonly nowMs: number },
  ): Promise<readonly DirectoryCopy[]> {
    if (target.kind === "webhook") return [await this.ofNamespace(namespace, nowMs)];
    // The shard of the workflow has what its steps need.
    if (target.kind === "workflow") return [];
    const { executor: appKey } = target;
    const copy = await this.ofExecutor(namespace, appKey, { shard, nowMs });
    if (copy === null)
      throw new Refusal("target.refused", `There is no executor with the appKey ${appKey}.`, {
        errors: [{ pointer: "/target/executor", message: "No such executor." }],
        hint: "Create it first: POST /api/v1/executors.",
      });
    return [copy];
  }

  /** An executor as this shard must know it; null when there is no such executor. */
  async ofExecutor(
    namespace: string,
    appKey: string,
    { shard, nowMs }: { readonly shard: number; readonly nowMs: number },
  ): Promise<DirectoryCopy | null> {
    return this.#executors.read(copyName(namespace, appKey, shard), nowMs, () =>
      executorCopy(this.#deps.executors, { namespace, appKey, shard }),
    );
  }

  /** The secrets that webhooks of a namespace are signed with. */
  async ofNamespace(name: string, nowMs: number): Promise<DirectoryCopy> {
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

  /**
   * Gives copies to every shard, which takes them together. What a shard does not take now it gets with
   * the next job that needs it, or from `healDirectory`; the change itself is stored already.
   */
  async push(...copies: readonly DirectoryCopy[]): Promise<void> {
    for (const { key } of copies) this.#namespaces.forget(key);
    const { shards, log } = this.#deps;
    const all = Array.from({ length: shards.count }, (_, shard) => shard);
    await eachBounded(all, SHARDS_AT_ONCE, async (shard) => {
      const reason = await pushTo(shards, shard, copies);
      if (reason === null) return;
      const keys = copies.map(({ key, version }) => `${key} ${version}`);
      log.write({ level: "warn", event: "directory.push_failed", fields: { shard, keys, reason } });
    });
  }

  /** An executor that has changed, or is gone, is asked for again at once. */
  forgetExecutor(namespace: string, appKey: string): void {
    for (let shard = 0; shard < this.#deps.shards.count; shard++)
      this.#executors.forget(copyName(namespace, appKey, shard));
  }
}

/** Each shard's copy is its own: it holds that shard's part of the executor's limit. */
function copyName(namespace: string, appKey: string, shard: number): string {
  return `${shard} ${executorKey(namespace, appKey)}`;
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
