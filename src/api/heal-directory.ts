import { calendarKey, executorKey, namespaceKey } from "../core/directory.ts";
import type { Directory } from "../ports/directory.ts";
import type { Executors } from "../ports/executors.ts";
import type { DirectoryCopy } from "../ports/shard-storage.ts";
import type { Shards } from "../ports/shard-client.ts";
import { copyAmong, directoryCopyOf } from "./calendar-store.ts";
import { executorCopy, namespaceCopy, pushTo, SHARDS_AT_ONCE } from "./directory-copies.ts";
import { eachBounded } from "../core/each-bounded.ts";

const ROWS_MAX = 10_000;
/** Copies mended in one shard by one call; the next call goes on. */
const MENDED_MAX = 100;

interface Wanted {
  readonly version: number;
  readonly copy: (shard: number) => Promise<DirectoryCopy | null>;
}

/**
 * Mends the shards' copies of the directory: a push that did not arrive would else leave a shard
 * with an old node list or an old secret. A host calls it now and then. Returns how many copies
 * were mended; a shard that cannot be reached is left for the next time.
 */
export async function healDirectory(deps: {
  readonly directory: Directory;
  readonly executors: Executors;
  readonly shards: Shards;
}): Promise<number> {
  const { shards } = deps;
  const wanted = await wantedCopies(deps);
  const all = Array.from({ length: shards.count }, (_, shard) => shard);
  let mended = 0;
  await eachBounded(all, SHARDS_AT_ONCE, async (shard) => {
    const inShard = await healShard(shards, shard, wanted).catch(() => 0);
    mended += inShard;
  });
  return mended;
}

async function wantedCopies({
  directory,
  executors,
}: Parameters<typeof healDirectory>[0]): Promise<ReadonlyMap<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  for (const { namespace, appKey, version } of await directory.executorVersions(ROWS_MAX))
    wanted.set(executorKey(namespace, appKey), {
      version,
      copy: (shard) => executorCopy(executors, { namespace, appKey, shard }),
    });
  for (const namespace of await directory.namespaces(ROWS_MAX))
    wanted.set(namespaceKey(namespace.name), {
      version: namespace.version,
      copy: () => Promise.resolve(namespaceCopy(namespace)),
    });
  for (const { namespace, name, version } of await directory.calendarVersions(ROWS_MAX))
    wanted.set(calendarKey(namespace, name), {
      version,
      copy: async () => {
        const copy = copyAmong(await directory.calendarWithParts(namespace, name), name);
        return copy === null ? null : directoryCopyOf(copy);
      },
    });
  return wanted;
}

/** Only what a shard has is mended: it gets what it lacks with the first job that needs it. */
async function healShard(
  shards: Shards,
  shard: number,
  wanted: ReadonlyMap<string, Wanted>,
): Promise<number> {
  const reply = await shards.at(shard).call("directory.list", {});
  if (!reply.ok) return 0;
  const stale = reply.value.copies.flatMap(({ key, version }) => {
    const newer = wanted.get(key);
    return newer !== undefined && newer.version > version ? [newer] : [];
  });
  let mended = 0;
  await eachBounded(stale.slice(0, MENDED_MAX), SHARDS_AT_ONCE, async ({ copy }) => {
    const fresh = await copy(shard);
    if (fresh !== null && (await pushTo(shards, shard, [fresh])) === null) mended++;
  });
  return mended;
}
