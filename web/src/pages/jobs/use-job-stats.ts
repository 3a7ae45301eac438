import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef } from "preact/compat";
import { call, namespaceChoice } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import type { JobStatsJson } from "../../api/shapes.ts";
import { useLive, useLiveState } from "../../live/use-live.ts";

export type JobStat = JobStatsJson["items"][number];

/** So many jobs in one request: their names must fit into an address. */
const ASKED_MAX = 50;
/** Rows of runs come all the time; the figures are asked for again at most this often. */
const RELOAD_MS_MIN = 3_000;
const POLL_MS = 10_000;

export interface JobStats {
  readonly byJob: ReadonlyMap<string, JobStat>;
  /** False until the figures are there: they are shown as not known, not as zero. */
  readonly isLoaded: boolean;
  readonly problem: Problem | null;
  again(): void;
}

/** The last runs and the durations of the jobs with these names. */
export function useJobStats(names: readonly string[]): JobStats {
  const state = useLiveState();
  const query = useQuery({
    queryKey: ["api", "job-stats", namespaceChoice.read(), names.join(" ")],
    queryFn: ({ signal }) => statsOf(names, signal),
    enabled: names.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: state === "polling" ? POLL_MS : false,
  });
  const waiting = useRef<ReturnType<typeof setTimeout> | null>(null);
  useLive(["runs"], () => {
    waiting.current ??= setTimeout(() => {
      waiting.current = null;
      void query.refetch();
    }, RELOAD_MS_MIN);
  });
  return {
    byJob: query.data ?? NOTHING,
    isLoaded: query.data !== undefined,
    problem: query.error instanceof Problem ? query.error : null,
    again: () => void query.refetch(),
  };
}

const NOTHING: ReadonlyMap<string, JobStat> = new Map();

async function statsOf(
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, JobStat>> {
  const parts = Array.from({ length: Math.ceil(names.length / ASKED_MAX) }, (_, i) =>
    names.slice(i * ASKED_MAX, (i + 1) * ASKED_MAX),
  );
  const answers = await Promise.all(
    parts.map((part) => {
      const query = new URLSearchParams(part.map((name) => ["job", name]));
      return call<JobStatsJson>("GET", `/stats/jobs?${query.toString()}`, { signal });
    }),
  );
  return new Map(answers.flatMap(({ body }) => body.items.map((item) => [item.job, item])));
}
