import { rejects } from "node:assert/strict";
import { Refusal } from "../../src/core/refusal.ts";
import type { RefusalCode } from "../../src/core/refusal.ts";
import type {
  JobsQuery,
  LedgerQuery,
  RunsQuery,
  StepsQuery,
  WorkflowRunsQuery,
  WorkflowsQuery,
} from "../../src/ports/records.ts";
import { jobId } from "./records-rows.ts";

/** Queries that ask for everything of the namespace `default`, but for what a case names. */

export function jobsQuery(over: Partial<JobsQuery>): JobsQuery {
  return {
    namespace: "default",
    state: null,
    executor: null,
    tag: null,
    q: null,
    limit: 50,
    cursor: null,
    ...over,
  };
}

export function runsQuery(over: Partial<RunsQuery>): RunsQuery {
  return {
    namespace: "default",
    job: null,
    workflow: null,
    workflowRun: null,
    states: [],
    trigger: null,
    parent: null,
    backfill: null,
    node: null,
    fromMs: null,
    toMs: null,
    slowerThanMs: null,
    q: null,
    isDeadLetter: false,
    order: "newest",
    limit: 50,
    cursor: null,
    ...over,
  };
}

export function workflowsQuery(over: Partial<WorkflowsQuery>): WorkflowsQuery {
  return { namespace: "default", tag: null, q: null, limit: 50, cursor: null, ...over };
}

export function workflowRunsQuery(over: Partial<WorkflowRunsQuery>): WorkflowRunsQuery {
  return {
    namespace: "default",
    workflow: null,
    states: [],
    trigger: null,
    fromMs: null,
    toMs: null,
    order: "newest",
    limit: 50,
    cursor: null,
    ...over,
  };
}

export function stepsQuery(over: Partial<StepsQuery>): StepsQuery {
  return { workflowRun: "wfr_a", step: null, limit: 50, cursor: null, ...over };
}

export function ledgerQuery(over: Partial<LedgerQuery>): LedgerQuery {
  return {
    namespace: "default",
    jobId: jobId(1),
    fromMs: 0,
    toMs: 10_000,
    limit: 50,
    cursor: null,
    ...over,
  };
}

/** Holds when the attempt ends in a refusal of that code. */
export async function refuses(code: RefusalCode, attempt: Promise<unknown>): Promise<void> {
  await rejects(attempt, (error) => error instanceof Refusal && error.data.code === code);
}
