import { and, eq, gte, inArray, lt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { PLACEMENT_LIMITS, shardOfId } from "../core/placement.ts";
import type { Run } from "../core/run.ts";
import type { Page, RunsQuery } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { bodyWithin, longPage } from "./records-long-page.ts";
import type { Reading } from "./records-long-page.ts";
import { encodeCursor } from "./records-cursor.ts";
import { doJobsLead, firstOfEachJob, isOfExecutors } from "./records-limited.ts";
import { containsText, isEqual, PAGE_LIMITS } from "./records-page.ts";
import { FAILED_RUN, NO_SLICE, runs } from "./records-schema.ts";
import { behindTime, edgeOf, firstOfEach, orderByTime, upTo } from "./records-walks.ts";
import type { Edge, TimeOrder, Walk } from "./records-walks.ts";

// A list's name in its cursors: a place among the newest is none among the oldest.
const LISTS = { newest: "runs", oldest: "oldest-runs" } as const;

/** A run of a step may have params and a result that fill a page alone; nearly all are short. */
const CHARS = sql<number>`length(${runs.body})`;

/** Runs by (createdMs, id), newest or oldest first. */
export async function runsPage(database: RecordsDatabase, query: RunsQuery): Promise<Page<Run>> {
  const isByJobs = await doJobsLead(database, query);
  const edge = !isByJobs && isNarrowed(query) ? await edgeOfRuns(database, query) : null;
  const page = await longPage(query.limit, {
    read: (reading) => reach(runsQuery(database, { ...query, edge, isByJobs }, reading)),
    item: ({ body }) => body,
    keyset: ({ createdMs, id }) => ({ list: LISTS[query.order], keys: [createdMs, id] }),
  });
  if (edge === null || page.nextCursor !== null) return page;
  const keys = [edge.createdMs, edge.id];
  return { ...page, nextCursor: encodeCursor({ list: LISTS[query.order], keys }) };
}

/**
 * Whether rows may be passed over that the walk of the list finds, so that the walk needs a bound. The runs of
 * one parent, workflow run or backfill are few.
 */
function isNarrowed(query: RunsQuery): boolean {
  const { job, workflow, states, node, trigger, fromMs, toMs, slowerThanMs, q } = query;
  if (fewRuns(query) !== null) return false;
  if (query.executors !== undefined) return true;
  const isLooked = [fromMs, toMs, slowerThanMs, q, job, workflow].some((asked) => asked !== null);
  if (isLooked || query.isDeadLetter || trigger === "tick") return true;
  return Number(states.length > 0) + Number(node !== null) + Number(trigger !== null) > 1;
}

async function edgeOfRuns(database: RecordsDatabase, query: RunsQuery): Promise<Edge | null> {
  const order = orderOf(query);
  const edge = edgeOf(leadOf(query).lead, {
    table: runs,
    behind: behindTime(query.cursor, LISTS[query.order], order),
    order,
    lookedAtMax: PAGE_LIMITS.lookedAtMax,
  });
  const found = await reach(database.all<{ at_ms: number; id: string }>(edge));
  return found[0] === undefined ? null : { createdMs: found[0].at_ms, id: found[0].id };
}

function orderOf({ order }: RunsQuery): TimeOrder {
  return { order, createdMs: runs.createdMs, id: runs.id };
}

function runsQuery(
  database: RecordsDatabase,
  query: RunsQuery & { readonly edge: Edge | null; readonly isByJobs: boolean },
  reading: Reading,
) {
  const { lead, others } = leadOf(query);
  const order = orderOf(query);
  const behind = behindTime(query.cursor, LISTS[query.order], order);
  const within = query.edge === null ? undefined : upTo(query.edge, order);
  const { limit } = reading;
  const { id, createdMs, body } = runs;
  const filter = (walk: SQL | undefined) => and(walk, behind, within, ...others, ...ranges(query));
  return database
    .select({ id, createdMs, chars: CHARS, body: bodyWithin({ body, chars: CHARS }, reading) })
    .from(runs)
    .where(
      query.isByJobs
        ? inArray(runs.id, firstOfEachJob(query, { filter: ofJobs(query, behind), order, limit }))
        : lead.length === 1
          ? filter(lead[0])
          : inArray(runs.id, firstOfEach(lead, { table: runs, filter, order, limit })),
    )
    .orderBy(...orderByTime(order))
    .limit(limit);
}

/**
 * What each job's walk asks of its runs, where nothing but the executors narrows the list. Whose they are the job
 * says: of runs that are no dead letters the index alone is read.
 */
function ofJobs({ isDeadLetter }: RunsQuery, behind: SQL | undefined): SQL | undefined {
  const kind = isDeadLetter ? [FAILED_RUN, IS_NOT_RETRIED] : [NO_SLICE];
  return and(...kind, behind);
}

/**
 * Which filter walks its index, and which ones only look at the rows. The few runs of one parent, one workflow
 * run or one backfill lead, then dead letters, then slices, then a job or a workflow, the states, the node, a
 * trigger that is not `tick`, and else the namespace. Several states are several walks. Where an index is
 * partial, the walk repeats its condition word for word, or SQLite would not use it.
 */
function leadOf(query: RunsQuery): Walk {
  const { job, workflow, namespace, states, node, trigger } = query;
  const few = fewRuns(query);
  if (few !== null) return { lead: [few], others: everyFilter(query) };
  if (query.isDeadLetter) return leadOfDeadLetters(query);
  if (trigger === "shard") return leadOfTrigger(query, trigger);

  const inNamespace = eq(runs.namespace, namespace);
  const others = everyFilter({ ...query, job: null });
  if (job !== null) return { lead: [and(isOfJob(job, namespace), NO_SLICE)], others };
  if (workflow !== null)
    return { lead: [and(isOfWorkflow(workflow, namespace), NO_SLICE)], others };
  if (states.length > 0) {
    const lead = [...new Set(states)].map((s) => and(inNamespace, eq(runs.state, s), NO_SLICE));
    return { lead, others };
  }
  if (node !== null) return { lead: [and(inNamespace, eq(runs.node, node), NO_SLICE)], others };
  if (trigger !== null && trigger !== "tick") return leadOfTrigger(query, trigger);
  return { lead: [and(inNamespace, NO_SLICE)], others };
}

function leadOfTrigger(query: RunsQuery, trigger: Exclude<RunsQuery["trigger"], null>): Walk {
  const isTriggered = and(eq(runs.namespace, query.namespace), eq(runs.trigger, trigger));
  return { lead: [and(isTriggered, sql`"trigger" <> 'tick'`)], others: everyFilter(query) };
}

/** The runs of one parent, workflow run or backfill: few enough that every other filter only looks at them. */
function fewRuns({ parent, workflowRun, backfill }: RunsQuery): SQL | undefined | null {
  if (parent !== null) return isOfParent(parent);
  if (workflowRun !== null) return and(eq(runs.workflowRun, workflowRun));
  if (backfill === null) return null;
  return and(sql`body ->> '$.trigger.backfill' = ${backfill}`, sql`"trigger" = 'backfill'`);
}

/** The slices of one run; the second claim is the condition of their index. */
export function isOfParent(parent: string): SQL | undefined {
  return and(sql`body ->> '$.trigger.parent' = ${parent}`, sql`"trigger" = 'shard'`);
}

/** Failed runs walk, and those that a retry names are left out one by one. */
function leadOfDeadLetters(query: RunsQuery): Walk {
  const { job, namespace } = query;
  const owner = job === null ? eq(runs.namespace, namespace) : isOfJob(job, namespace);
  const others = [...everyFilter({ ...query, job: null }), IS_NOT_RETRIED];
  return { lead: [and(owner, FAILED_RUN)], others };
}

/** The plus keeps the affinity of the column away, under which the index would not be searched. */
const IS_NOT_RETRIED = sql`not exists (select 1 from runs as retry
  where retry.body ->> '$.trigger.origin' = +runs.id and retry."trigger" = 'retry')`;

/** Every filter that an index could walk, such that none does. */
function everyFilter(query: RunsQuery): Walk["others"] {
  const { namespace, job, workflow, states, node, trigger } = query;
  return [
    isEqual(runs.namespace, namespace),
    isOfExecutors(query),
    job === null ? undefined : and(isNamed(job), OF_NO_WORKFLOW),
    workflow === null ? undefined : and(isNamed(workflow), OF_WORKFLOW),
    isOneOf(states),
    node === null ? undefined : isEqual(runs.node, node),
    trigger === null ? undefined : isEqual(runs.trigger, trigger),
  ];
}

/** Whether the run's job, or its workflow, has this id or this name. */
function isNamed(owner: string): SQL {
  return sql`(+${runs.jobId} = ${owner} or +${runs.jobName} = ${owner})`;
}

/** That a run is in one of the states, which walks no index; nothing where no state is asked for. */
export function isOneOf(states: RunsQuery["states"]): SQL | undefined {
  return states.length === 0 ? undefined : sql`+${runs.state} in ${states}`;
}

/** Runs of workflows have the name and the id of their workflow where others have those of their job. */
const OF_WORKFLOW = isEqual(runs.trigger, "workflow");
const OF_NO_WORKFLOW = sql`+${runs.trigger} <> 'workflow'`;

/** A name finds the runs of every job that has had it. */
function isOfJob(job: string, namespace: string): SQL | undefined {
  return and(isOwnedBy("job", job, namespace), OF_NO_WORKFLOW);
}

function isOfWorkflow(workflow: string, namespace: string): SQL | undefined {
  return and(isOwnedBy("wf", workflow, namespace), OF_WORKFLOW);
}

function isOwnedBy(kind: "job" | "wf", owner: string, namespace: string): SQL | undefined {
  const isId = shardOfId(kind, owner, PLACEMENT_LIMITS.shardsMax) !== undefined;
  return isId
    ? and(eq(runs.jobId, owner), isEqual(runs.namespace, namespace))
    : and(eq(runs.namespace, namespace), eq(runs.jobName, owner));
}

function ranges(query: RunsQuery): readonly (SQL | undefined)[] {
  const { fromMs, toMs, slowerThanMs, q } = query;
  return [
    fromMs === null ? undefined : gte(runs.nominalMs, fromMs),
    toMs === null ? undefined : lt(runs.nominalMs, toMs),
    slowerThanMs === null ? undefined : sql`${runs.durationMs} > ${slowerThanMs}`,
    q === null ? undefined : containsText(q, [runs.jobName, runs.errorMessage, runs.id]),
  ];
}
