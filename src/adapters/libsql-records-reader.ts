import { and, eq, sql } from "drizzle-orm";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { StepRow, WorkflowRun } from "../core/workflow-run.ts";
import type { Workflow } from "../core/workflow.ts";
import type {
  JobsQuery,
  LedgerEntry,
  LedgerQuery,
  Page,
  RecordsReader,
  RunsQuery,
  SlicesQuery,
  StepsQuery,
  WorkflowRunsQuery,
  WorkflowsQuery,
} from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { jobsPage } from "./records-jobs.ts";
import { ledgerPage } from "./records-ledger.ts";
import { runsPage } from "./records-runs.ts";
import { jobs, runs } from "./records-schema.ts";
import { slicesPage } from "./records-slices.ts";
import { partsEnded, stepOf, stepsPage } from "./records-steps.ts";
import { workflowRunOf, workflowRunsPage } from "./records-workflow-runs.ts";
import { workflowsPage, workflowVersion } from "./records-workflows.ts";

/** The records in libSQL, as the API reads them. */
export class LibsqlRecordsReader implements RecordsReader {
  readonly #database: RecordsDatabase;

  constructor(database: RecordsDatabase) {
    this.#database = database;
  }

  jobs(query: JobsQuery): Promise<Page<Job>> {
    return jobsPage(this.#database, query);
  }

  runs(query: RunsQuery): Promise<Page<Run>> {
    return runsPage(this.#database, query);
  }

  slices(query: SlicesQuery): Promise<Page<Run>> {
    return slicesPage(this.#database, query);
  }

  ledger(query: LedgerQuery): Promise<Page<LedgerEntry>> {
    return ledgerPage(this.#database, query);
  }

  workflows(query: WorkflowsQuery): Promise<Page<Workflow>> {
    return workflowsPage(this.#database, query);
  }

  workflowVersion(workflowId: string, version: number): Promise<Workflow | null> {
    return workflowVersion(this.#database, workflowId, version);
  }

  workflowRuns(query: WorkflowRunsQuery): Promise<Page<WorkflowRun>> {
    return workflowRunsPage(this.#database, query);
  }

  workflowRun(namespace: string, workflowRunId: string): Promise<WorkflowRun | null> {
    return workflowRunOf(this.#database, namespace, workflowRunId);
  }

  steps(query: StepsQuery): Promise<Page<StepRow>> {
    return stepsPage(this.#database, query);
  }

  step(workflowRunId: string, step: number): Promise<StepRow | null> {
    return stepOf(this.#database, workflowRunId, step);
  }

  partsEnded(workflowRunId: string): Promise<ReadonlyMap<number, number>> {
    return partsEnded(this.#database, workflowRunId);
  }

  async run(namespace: string | null, runId: string): Promise<Run | null> {
    const rows = await reach(
      this.#database
        .select({ body: runs.body })
        .from(runs)
        .where(
          and(eq(runs.id, runId), namespace === null ? undefined : eq(runs.namespace, namespace)),
        ),
    );
    return rows[0]?.body ?? null;
  }

  async countJobsOfExecutor(namespace: string, appKey: string, limit: number): Promise<number> {
    const counted = this.#database
      .select({ one: sql`1`.as("one") })
      .from(jobs)
      .where(and(sql`deleted = 0`, eq(jobs.namespace, namespace), eq(jobs.executor, appKey)))
      .limit(limit)
      .as("counted");
    const rows = await reach(this.#database.select({ count: sql<number>`count(*)` }).from(counted));
    return rows[0]?.count ?? 0;
  }

  async isReachable(): Promise<boolean> {
    try {
      await this.#database
        .select({ one: sql`1` })
        .from(jobs)
        .limit(1);
      return true;
    } catch {
      // Whatever went wrong, the answer to the question is no.
      return false;
    }
  }
}
