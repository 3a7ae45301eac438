import { Refusal } from "../core/refusal.ts";
import { conflict, type IfMatch } from "./etag.ts";
import { mayHandle } from "./executor-limit.ts";
import type { JobStore } from "./job-store.ts";
import type { Principal } from "./principal.ts";
import { unlessRefused } from "./shard-call.ts";

/** How a job is put under a name: as a new one, or over the one that is there. */
type Replacement =
  | { readonly isNew: true }
  | { readonly isNew: false; readonly ifMatch: IfMatch | null };

/**
 * How PUT goes about a name for a caller who may be limited to some executors: over the very version that was
 * looked at, so that no job of another executor is replaced. Throws `permission.denied` for a name that such a
 * job has.
 */
export async function ownReplacement(
  jobs: JobStore,
  {
    who,
    name,
    wanted,
  }: { readonly who: Principal; readonly name: string; readonly wanted: IfMatch | null },
): Promise<Replacement> {
  if (who.executors === null) return { isNew: false, ifMatch: wanted };
  const stored = await unlessRefused(["job.unknown"], jobs.get(who.namespace, name));
  if (stored === null) {
    if (wanted !== null) throw conflict();
    return { isNew: true };
  }
  const { version, spec } = stored.job;
  if (!mayHandle(who, spec.target))
    throw new Refusal("permission.denied", "The name belongs to a job of another executor.", {
      hint: "Choose another name.",
    });
  if (wanted?.kind === "versions" && !wanted.versions.includes(version)) throw conflict();
  return { isNew: false, ifMatch: { kind: "versions", versions: [version] } };
}
