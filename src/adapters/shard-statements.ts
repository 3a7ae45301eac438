/**
 * Every statement that a shard's SQL storage runs, once each, so that engines can keep them prepared.
 * An array goes in as one JSON text: Durable Objects allow 100 parameters a statement.
 */
export const SHARD_SQL = {
  getMeta: "select value from meta where key = ?",
  putMeta: `insert into meta (key, value) values (?, ?)
    on conflict (key) do update set value = excluded.value`,

  // A job keeps its namespace and name for life: writing them again would write their index again.
  putJob: `insert into jobs (id, namespace, name, version, state, body, calendar)
    values (?, ?, ?, ?, ?, ?, ?)
    on conflict (id) do update set version = excluded.version, state = excluded.state,
      body = excluded.body, calendar = excluded.calendar`,
  getJob: "select body from jobs where id = ?",
  getJobByName: "select body from jobs where namespace = ? and name = ?",
  getJobs: "select body from jobs where id in (select value from json_each(?))",
  deleteJob: "delete from jobs where id = ?",
  countJobs: "select count(*) as n from jobs",
  // The index holds only jobs with a calendar, and SQLite takes it only when told so.
  jobsOfCalendar: `select id from jobs
    where namespace = ? and calendar = ? and calendar is not null order by id`,

  insertDue: "insert into due (due_ms, job_id, cursor_ms, priority) values (?, ?, ?, ?)",
  moveDue: `update due set due_ms = ?, cursor_ms = ?, priority = ?
    where due_ms = ? and job_id = ?`,
  deleteDue: "delete from due where due_ms = ? and job_id = ?",
  dueAt: "select due_ms, job_id, cursor_ms, priority from due where due_ms = ? and job_id = ?",
  scanDue: "select due_ms, job_id, cursor_ms, priority from due where job_id = ? limit 1",
  dueBetween: `select due_ms, job_id, cursor_ms, priority from due
    where (due_ms, job_id) > (?, ?) and due_ms < ? order by due_ms, job_id limit ?`,
  earliestDue: "select due_ms from due order by due_ms limit 1",
  countDue: "select count(*) as n from due",

  putRun: `insert into runs (id, body) values (?, ?)
    on conflict (id) do update set body = excluded.body`,
  getRun: "select body from runs where id = ?",
  getRuns: "select body from runs where id in (select value from json_each(?))",
  deleteRun: "delete from runs where id = ?",
  runIds: "select id from runs",
  putJournal: "insert into run_journal (seq, body) values (?, ?)",
  deleteJournal: "delete from run_journal where seq = ?",
  journal: "select seq, body from run_journal order by seq",
  runsAfter: "select body from runs where id > ? order by id limit ?",

  putTick: `insert into ticks (job_id, nominal_ms, body) values (?, ?, ?)
    on conflict (job_id, nominal_ms) do update set body = excluded.body`,
  ticksAfter: `select body from ticks
    where (job_id, nominal_ms) > (?, ?) order by job_id, nominal_ms limit ?`,
  ticksOfJobAfter: `select body from ticks
    where job_id = ? and nominal_ms > ? order by nominal_ms limit ?`,
  deleteTick: "delete from ticks where job_id = ? and nominal_ms = ?",

  putJobOutbox: `insert into job_outbox (job_id, version, tombstone) values (?, ?, ?)
    on conflict (job_id) do update set version = excluded.version, tombstone = excluded.tombstone`,
  jobOutboxAfter: `select job_id, version, tombstone from job_outbox
    where job_id > ? order by job_id limit ?`,
  getJobOutbox: "select job_id, version, tombstone from job_outbox where job_id = ?",
  deleteJobOutbox: "delete from job_outbox where job_id = ? and version <= ?",
  countJobOutbox: "select count(*) as n from job_outbox",

  putIdempotency: `insert into idempotency (key, body_hash, reply, expires_ms) values (?, ?, ?, ?)
    on conflict (key) do update
    set body_hash = excluded.body_hash, reply = excluded.reply, expires_ms = excluded.expires_ms`,
  getIdempotency: "select body_hash, reply, expires_ms from idempotency where key = ?",
  purgeIdempotency: `delete from idempotency where key in
    (select key from idempotency where expires_ms <= ? order by expires_ms, key limit ?)
    returning key`,

  putCopy: `insert into directory (key, version, body) values (?, ?, ?)
    on conflict (key) do update set version = excluded.version, body = excluded.body`,
  getCopy: "select key, version, body from directory where key = ?",
  copies: "select key, version, body from directory order by key",
  deleteCopy: "delete from directory where key = ?",

  putBackfill: `insert into backfills (id, job_id, body) values (?, ?, ?)
    on conflict (id) do update set body = excluded.body`,
  getBackfill: "select body from backfills where id = ?",
  backfillsOfJob: "select body from backfills where job_id = ? order by id",
  deleteBackfill: "delete from backfills where id = ?",
} as const;
