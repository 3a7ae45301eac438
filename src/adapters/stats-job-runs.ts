import type { InStatement, Row } from "@libsql/client";
import type { RunState } from "../core/run.ts";
import { STATS_LIMITS, type JobRuns, type StatsScope } from "../ports/stats.ts";
import { textIn, textOrNullIn } from "./stats-row.ts";

const { bodyCharsMax, errorCharsMax, jobRunsMax } = STATS_LIMITS;
const ENDED = "('succeeded', 'failed', 'timed_out', 'canceled', 'lost')";

/** The newest runs of a job, of which only columns before the body are read. */
const NEWEST = `select id, state, created_ms, duration_ms,
    substr(error_message, 1, ${errorCharsMax}) as error
  from runs where job_id = one.id and "trigger" <> 'shard'
  order by created_ms desc, id desc limit ${jobRunsMax}`;

/**
 * The last runs of some jobs, by id or name. When a run started is told by its body alone: it is opened for
 * the one run of a job that is under way.
 */
export function runsOfJobs(
  { namespace, executors }: StatsScope,
  jobs: readonly string[],
): InStatement {
  return {
    sql: `with one(id, name) as materialized (
        select id, name from jobs where id in (
          select id from jobs where id in (select value from json_each(?2)) and +namespace = ?1
          union
          select id from jobs where deleted = 0 and namespace = ?1
            and name in (select value from json_each(?2)))
          and +deleted = 0
          and (?3 is null or +executor in (select value from json_each(?3))))
      select id, name,
        (select json_group_array(json_array(id, state, created_ms, duration_ms, error))
          from (${NEWEST})) as runs,
        (select json_array(id, case when length(body) <= ${bodyCharsMax}
            then body ->> '$.startedMs' end)
          from runs where id = (select id from (${NEWEST})
            where state not in ${ENDED} limit 1)) as active
      from one`,
    args: [namespace, JSON.stringify(jobs), executors === null ? null : JSON.stringify(executors)],
  };
}

export function readJobRuns(row: Row): JobRuns {
  // Both were made by the statement above, from columns of these types.
  const runs: readonly (readonly [string, RunState, number, number | null, string | null])[] =
    JSON.parse(textIn(row, "runs"));
  const active: readonly [string, number | null] | null = JSON.parse(
    textOrNullIn(row, "active") ?? "null",
  );
  return {
    id: textIn(row, "id"),
    name: textIn(row, "name"),
    runs: runs.map(([id, state, createdMs, durationMs, error]) => ({
      id,
      state,
      createdMs,
      durationMs,
      error,
    })),
    active: active === null ? null : { id: active[0], startedMs: active[1] },
  };
}
