import { call, type Method } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import type { JobJson, PageJson } from "../../api/shapes.ts";
import { jobPath } from "./copy-as-curl.ts";

export type BulkAction = "run" | "pause" | "resume" | "delete" | "export";

/** Jobs that one bulk action reaches at most. */
export const BULK_JOBS_MAX = 1_000;
const PAGE_ITEMS = 200;
const AT_ONCE = 4;

/** The jobs that match a list's filters, up to the bound. */
export async function walkJobs(
  path: string,
  signal: AbortSignal,
): Promise<{ readonly jobs: readonly JobJson[]; readonly isCut: boolean }> {
  const jobs: JobJson[] = [];
  const mark = path.includes("?") ? "&" : "?";
  let cursor: string | null = "";
  while (cursor !== null && jobs.length < BULK_JOBS_MAX) {
    const behind: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    // Each page is found by the one before it.
    // oxlint-disable-next-line no-await-in-loop
    const { body } = await call<PageJson<JobJson>>(
      "GET",
      `${path}${mark}limit=${PAGE_ITEMS}${behind}`,
      { signal },
    );
    jobs.push(...body.items);
    cursor = body.nextCursor;
  }
  return { jobs: jobs.slice(0, BULK_JOBS_MAX), isCut: cursor !== null };
}

export interface BulkFailure {
  readonly name: string;
  readonly problem: Problem | null;
}

export interface BulkProgress {
  readonly done: number;
  readonly failures: readonly BulkFailure[];
}

/** Does one thing to each job, a few at once. What fails does not keep the others from being done. */
export async function doToEach(
  action: Exclude<BulkAction, "export">,
  names: readonly string[],
  signal: AbortSignal,
  told: (progress: BulkProgress) => void,
): Promise<void> {
  const failures: BulkFailure[] = [];
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (next < names.length && !signal.aborted) {
      const name = names[next] ?? "";
      next++;
      // A worker does one job after the other.
      // oxlint-disable-next-line no-await-in-loop
      const failure = await doTo(action, name);
      done++;
      if (failure !== null) failures.push(failure);
      told({ done, failures: [...failures] });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function doTo(
  action: Exclude<BulkAction, "export">,
  name: string,
): Promise<BulkFailure | null> {
  const [method, rest]: readonly [Method, string] = {
    run: ["POST", "/runs"] as const,
    pause: ["POST", "/pause"] as const,
    resume: ["POST", "/resume"] as const,
    delete: ["DELETE", ""] as const,
  }[action];
  try {
    await call(method, jobPath(name, rest), method === "POST" ? { body: {} } : {});
    return null;
  } catch (error) {
    return { name, problem: error instanceof Problem ? error : null };
  }
}
