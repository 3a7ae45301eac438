import { expect, test } from "vitest";
import { migrate } from "../../src/adapters/migrate.ts";
import type { Job, ScheduleSpec } from "../../src/core/job.ts";
import { openRecords } from "../../src/standalone/libsql-client.ts";
import { readMigrations } from "../../src/standalone/migrations.ts";
import { aJob, aRun, aTick, jobId } from "../support/records-rows.ts";
import { CRON_DEFAULTS, EVERY_DEFAULTS } from "../support/specs.ts";

const SCHEDULES: readonly ScheduleSpec[] = [
  {
    kind: "cron",
    cron: "0 3 * * *",
    dialect: "standard",
    timezone: "Asia/Tokyo",
    ...CRON_DEFAULTS,
  },
  { kind: "every", every: "1m", anchor: "2026-01-01T00:00:00Z", ...EVERY_DEFAULTS },
  { kind: "at", at: "2027-01-01T00:00:00Z" },
  { kind: "manual" },
];

/** What the first version kept of a schedule. */
const MEMBERS_THEN: ReadonlySet<string> = new Set([
  "kind",
  "cron",
  "dialect",
  "jitter",
  "every",
  "anchor",
  "at",
]);

/** A job's body as the first version wrote it. */
function bodyThen({ ticksDone: _ticks, ...job }: Job): object {
  const { priority: _priority, concurrency: _concurrency, ...spec } = job.spec;
  const kept = Object.entries(spec.schedule).filter(
    ([member]) =>
      MEMBERS_THEN.has(member) || (member === "timezone" && spec.schedule.kind === "cron"),
  );
  return { ...job, spec: { ...spec, schedule: Object.fromEntries(kept) } };
}

test("rows that the first version wrote get every field that this one reads", async () => {
  const migrations = await readMigrations();
  const jobs = SCHEDULES.map((schedule, i) => aJob({ id: jobId(i), spec: { schedule } }));
  const [run, tick] = [aRun(), aTick(1)];
  const { priority: _priority, ...order } = run.order;
  const { evidence: _evidence, ...tickThen } = tick;
  const client = await openRecords({ kind: "file", path: ":memory:" });
  await migrate(client, migrations.slice(0, 1));
  for (const job of jobs)
    await client.execute({
      sql: "insert into jobs values (?, 'default', 'report', 1, 0, 'active', null, '', ?)",
      args: [job.id, JSON.stringify(bodyThen(job))],
    });
  await client.execute(
    "insert into jobs values ('gone', 'default', 'old', 2, 1, null, null, null, null)",
  );
  await client.execute({
    sql: "insert into runs values (?, 'default', 'j', 'n', 1, 's', 't', 1, 1, null, null, null, ?)",
    args: [run.id, JSON.stringify({ ...run, order })],
  });
  await client.execute({
    sql: "insert into ticks values ('j', 1, 'default', 1, 1, ?)",
    args: [JSON.stringify(tickThen)],
  });

  expect(await migrate(client, migrations)).toMatchObject({ ok: true });

  const bodiesOf = async (table: string): Promise<readonly unknown[]> => {
    const { rows } = await client.execute(`select body from ${table} order by rowid`);
    return rows.map(({ body }) => (typeof body === "string" ? JSON.parse(body) : body));
  };
  expect(await bodiesOf("jobs")).toEqual([...jobs, null]);
  expect(await bodiesOf("runs")).toEqual([run]);
  expect(await bodiesOf("ticks")).toEqual([tick]);
  client.close();
});
