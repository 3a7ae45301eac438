import { and, eq, gte, inArray, lt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { PLACEMENT_LIMITS, shardOfId } from "../core/placement.ts";
import type { WorkflowRun } from "../core/workflow-run.ts";
import type { Page, WorkflowRunsQuery } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { bodyWithin, longPage } from "./records-long-page.ts";
import type { Reading } from "./records-long-page.ts";
import { isEqual } from "./records-page.ts";
import { behindTime, firstOfEach, orderByTime } from "./records-walks.ts";
import type { TimeOrder, Walk } from "./records-walks.ts";
import { workflowRuns } from "./records-workflow-schema.ts";

// A list's name in its cursors: a place among the newest is none among the oldest.
const LISTS = { newest: "workflow-runs", oldest: "oldest-workflow-runs" } as const;

/** Workflow runs by (createdMs, id), newest or oldest first. */
export function workflowRunsPage(
  database: RecordsDatabase,
  query: WorkflowRunsQuery,
): Promise<Page<WorkflowRun>> {
  return longPage(query.limit, {
    read: (reading) => reach(workflowRunsQuery(database, query, reading)),
    item: ({ body }) => body,
    keyset: ({ createdMs, id }) => ({ list: LISTS[query.order], keys: [createdMs, id] }),
  });
}

function workflowRunsQuery(database: RecordsDatabase, query: WorkflowRunsQuery, reading: Reading) {
  const { id, createdMs, chars } = workflowRuns;
  const { lead, others } = leadOf(query);
  const order: TimeOrder = { order: query.order, createdMs, id };
  const behind = behindTime(query.cursor, LISTS[query.order], order);
  const { limit } = reading;
  const filter = (walk: SQL | undefined) => and(walk, behind, ...others, ...times(query));
  return database
    .select({ id, createdMs, chars, body: bodyWithin(workflowRuns, reading) })
    .from(workflowRuns)
    .where(
      lead.length === 1
        ? filter(lead[0])
        : inArray(id, firstOfEach(lead, { table: workflowRuns, filter, order, limit })),
    )
    .orderBy(...orderByTime(order))
    .limit(limit);
}

/**
 * Which filter walks its index, and which ones only look at the rows: a workflow leads, then the states, then a
 * trigger that is not `run`, and else the namespace.
 */
function leadOf(query: WorkflowRunsQuery): Walk {
  const { namespace, workflow, states, trigger } = query;
  const inNamespace = eq(workflowRuns.namespace, namespace);
  const others = [
    isEqual(workflowRuns.namespace, namespace),
    states.length === 0 ? undefined : sql`+${workflowRuns.state} in ${states}`,
    trigger === null ? undefined : isEqual(workflowRuns.trigger, trigger),
  ];
  if (workflow !== null) return { lead: [isOf(workflow, namespace)], others };
  if (states.length > 0) {
    const lead = [...new Set(states)].map((s) => and(inNamespace, eq(workflowRuns.state, s)));
    return { lead, others };
  }
  if (trigger === null || trigger === "run") return { lead: [inNamespace], others };
  const isTriggered = eq(workflowRuns.trigger, trigger);
  return { lead: [and(inNamespace, isTriggered, sql`"trigger" <> 'run'`)], others };
}

/** A name finds the runs of every workflow that has had it. */
function isOf(workflow: string, namespace: string): SQL | undefined {
  const isId = shardOfId("wf", workflow, PLACEMENT_LIMITS.shardsMax) !== undefined;
  return isId
    ? eq(workflowRuns.workflowId, workflow)
    : and(eq(workflowRuns.namespace, namespace), eq(workflowRuns.workflowName, workflow));
}

function times({ fromMs, toMs }: WorkflowRunsQuery): Walk["others"] {
  return [
    fromMs === null ? undefined : gte(workflowRuns.createdMs, fromMs),
    toMs === null ? undefined : lt(workflowRuns.createdMs, toMs),
  ];
}

export async function workflowRunOf(
  database: RecordsDatabase,
  namespace: string,
  workflowRunId: string,
): Promise<WorkflowRun | null> {
  const isIt = and(eq(workflowRuns.id, workflowRunId), eq(workflowRuns.namespace, namespace));
  const rows = await reach(
    database.select({ body: workflowRuns.body }).from(workflowRuns).where(isIt),
  );
  return rows[0]?.body ?? null;
}
