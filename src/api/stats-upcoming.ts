import { eachBounded } from "../core/each-bounded.ts";
import type { Job } from "../core/job.ts";
import type { UpcomingFire } from "../ports/upcoming.ts";
import type { StatsScope } from "../ports/stats.ts";
import type { ApiDeps } from "./api-deps.ts";
import { narrowedTo } from "./executor-limit.ts";
import { listedJobJson } from "./job-json.ts";
import type { JobStore } from "./job-store.ts";
import { withinMs } from "./shard-census.ts";
import { unlessRefused } from "./shard-call.ts";
import { sentInstantMs } from "./wire.ts";

const UPCOMING_MAX = 20;
const SHARDS_AT_ONCE = 8;
const DEADLINE_MS = 2_000;
/** Jobs whose schedules are asked where the shards have only others' entries at hand. */
const LISTED_MAX = 200;

type Deps = Pick<ApiDeps, "shards" | "records">;

/**
 * What fires next, over all shards. A shard that does not answer in time is left out. Where the first entries
 * of a shard are all of other namespaces, the schedules of the first jobs of the list are asked as well.
 */
export async function upcomingFires(
  { deps, jobs }: { readonly deps: Deps; readonly jobs: JobStore },
  scope: StatsScope,
  nowMs: number,
): Promise<readonly UpcomingFire[]> {
  const { shards } = deps;
  const found = new Map<string, UpcomingFire>();
  let isCut = false;
  const all = Array.from({ length: shards.count }, (_, shard) => shard);
  await eachBounded(all, SHARDS_AT_ONCE, async (shard) => {
    const asked = shards.at(shard).call("due.upcoming", { ...scope, limit: UPCOMING_MAX });
    const reply = await withinMs(asked, DEADLINE_MS).catch(() => null);
    if (reply?.ok !== true) return;
    for (const fire of reply.value.jobs) found.set(fire.id, fire);
    isCut ||= reply.value.isCut;
  });
  if (isCut)
    for (const fire of await listedFires({ deps, jobs }, scope, nowMs))
      if (!found.has(fire.id)) found.set(fire.id, fire);
  return [...found.values()].toSorted((a, b) => a.tickMs - b.tickMs).slice(0, UPCOMING_MAX);
}

async function listedFires(
  { deps, jobs }: { readonly deps: Deps; readonly jobs: JobStore },
  scope: StatsScope,
  nowMs: number,
): Promise<readonly UpcomingFire[]> {
  const listed = deps.records.jobs({
    namespace: scope.namespace,
    ...narrowedTo(scope),
    state: "active",
    executor: null,
    tag: null,
    q: null,
    limit: LISTED_MAX,
    cursor: null,
  });
  const page = await unlessRefused(["records.unavailable"], listed);
  const items = page?.items ?? [];
  const calendarsOf = await jobs.calendarsOf(items, nowMs);
  return items.flatMap((job) => {
    const tickMs = sentInstantMs(listedJobJson(job, nowMs, calendarsOf(job)).nextTick);
    const { name } = job.spec;
    return tickMs === null ? [] : [{ id: job.id, name, tickMs, timezone: timezoneOf(job) }];
  });
}

function timezoneOf({ spec }: Job): string {
  return "timezone" in spec.schedule ? spec.schedule.timezone : "UTC";
}
