import { and, asc, count, eq, gte, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { StepRow } from "../core/workflow-run.ts";
import type { Page, StepsQuery } from "../ports/records.ts";
import { reach } from "./libsql-failure.ts";
import type { RecordsDatabase } from "./libsql-database.ts";
import { decodeCursor } from "./records-cursor.ts";
import { bodyWithin, longPage } from "./records-long-page.ts";
import type { Reading } from "./records-long-page.ts";
import { workflowSteps } from "./records-workflow-schema.ts";

const LIST = "steps";

/** Rows of one workflow run by (step, part): its steps, the parts of one of them, or all. */
export function stepsPage(database: RecordsDatabase, query: StepsQuery): Promise<Page<StepRow>> {
  return longPage(query.limit, {
    read: (reading) => reach(stepsQuery(database, query, reading)),
    item: ({ body }) => body,
    keyset: ({ step, part }) => ({ list: LIST, keys: [step, part] }),
  });
}

function stepsQuery(database: RecordsDatabase, query: StepsQuery, reading: Reading) {
  const { workflowRun, step, part, chars } = workflowSteps;
  return database
    .select({ step, part, chars, body: bodyWithin(workflowSteps, reading) })
    .from(workflowSteps)
    .where(and(eq(workflowRun, query.workflowRun), ...walkOf(query)))
    .orderBy(asc(step), asc(part))
    .limit(reading.limit);
}

/** Which rows of the workflow run, and those behind the cursor. The steps themselves have an index of their own. */
function walkOf(query: StepsQuery): readonly (SQL | undefined)[] {
  const { step, part } = workflowSteps;
  const place = query.cursor === null ? null : decodeCursor(query.cursor, LIST, isPlace);
  if (query.step === null)
    return [sql`part = -1`, place === null ? undefined : sql`${step} > ${place[0]}`];
  if (query.step === "all")
    return [place === null ? undefined : sql`(${step}, ${part}) > (${place[0]}, ${place[1]})`];
  return [eq(step, query.step), place === null ? gte(part, 0) : sql`${part} > ${place[1]}`];
}

/** The row of a step itself. */
export async function stepOf(
  database: RecordsDatabase,
  workflowRunId: string,
  step: number,
): Promise<StepRow | null> {
  const rows = await reach(
    database
      .select({ body: workflowSteps.body })
      .from(workflowSteps)
      .where(
        and(
          eq(workflowSteps.workflowRun, workflowRunId),
          eq(workflowSteps.step, step),
          eq(workflowSteps.part, -1),
        ),
      ),
  );
  return rows[0]?.body ?? null;
}

/** How many parts have ended, by the place of their step. */
export async function partsEnded(
  database: RecordsDatabase,
  workflowRunId: string,
): Promise<ReadonlyMap<number, number>> {
  const { workflowRun, step, part, state } = workflowSteps;
  const rows = await reach(
    database
      .select({ step, ended: count() })
      .from(workflowSteps)
      .where(
        and(
          eq(workflowRun, workflowRunId),
          gte(part, 0),
          sql`${state} in ('succeeded', 'failed', 'skipped', 'canceled')`,
        ),
      )
      .groupBy(step),
  );
  return new Map(rows.map(({ step: place, ended }) => [place, ended]));
}

function isPlace(keys: readonly unknown[]): keys is readonly [number, number] {
  return keys.length === 2 && keys.every((key) => typeof key === "number");
}
