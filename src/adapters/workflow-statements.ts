/**
 * The statements about workflows that a shard's SQL storage runs, once each. `chars` is the length of the whole
 * body: what does not fit into its row lies in `long_rows`.
 */
export const WORKFLOW_SQL = {
  putPiece: `insert into long_rows (key, piece, text) values (?, ?, ?)
    on conflict (key, piece) do update set text = excluded.text`,
  pieces: "select text from long_rows where key = ? order by piece",
  deletePieces: "delete from long_rows where key = ?",
  deletePiecesBetween: "delete from long_rows where key >= ? and key < ?",

  putVersion: `insert into workflow_versions (workflow_id, version, namespace, name, chars, body)
    values (?, ?, ?, ?, ?, ?)`,
  restoreVersion: `insert into workflow_versions
    (workflow_id, version, namespace, name, chars, body) values (?, ?, ?, ?, ?, ?)
    on conflict (workflow_id, version) do nothing`,
  putName: "insert into workflow_names (namespace, name, workflow_id) values (?, ?, ?)",
  deleteName: `delete from workflow_names where workflow_id = ? and (namespace, name) =
    (select namespace, name from workflow_versions where workflow_id = ? limit 1)`,
  idOfName: "select workflow_id from workflow_names where namespace = ? and name = ?",
  getWorkflow: `select workflow_id, version, chars, body from workflow_versions as v
    where workflow_id = ? and exists (select 1 from workflow_names as n
      where n.namespace = v.namespace and n.name = v.name and n.workflow_id = v.workflow_id)
    order by version desc limit 1`,
  getVersion: `select workflow_id, version, chars, body from workflow_versions
    where workflow_id = ? and version = ?`,
  versionSizes: `select chars from workflow_versions
    where workflow_id = ? and version < ? order by version desc limit ?`,
  versions: `select workflow_id, version, chars, body from workflow_versions
    where workflow_id = ? and version < ? order by version desc limit ?`,
  deleteVersion: "delete from workflow_versions where workflow_id = ? and version = ?",
  // Each id leads to the next one, whatever number of versions lies between them.
  workflowsAfter: `with recursive ids (id) as (
      select (select min(workflow_id) from workflow_versions where workflow_id > ?)
      union all
      select (select min(workflow_id) from workflow_versions where workflow_id > ids.id)
      from ids where ids.id is not null)
    select v.workflow_id, v.version, v.chars from ids
    cross join workflow_versions as v on v.workflow_id = ids.id and v.version =
      (select max(version) from workflow_versions where workflow_id = ids.id)
    cross join workflow_names as n
      on n.namespace = v.namespace and n.name = v.name and n.workflow_id = ids.id
    limit ?`,

  putRun: `insert into workflow_runs (id, chars, body) values (?, ?, ?)
    on conflict (id) do update set chars = excluded.chars, body = excluded.body`,
  getRun: "select id, chars, body from workflow_runs where id = ?",
  runSizes: "select chars from workflow_runs where id > ? order by id limit ?",
  runs: "select id, chars, body from workflow_runs where id > ? order by id limit ?",
  deleteRun: "delete from workflow_runs where id = ?",

  putStep: `insert into workflow_steps (workflow_run, step, part, chars, body)
    values (?, ?, ?, ?, ?) on conflict (workflow_run, step, part)
    do update set chars = excluded.chars, body = excluded.body`,
  getStep: `select workflow_run, step, part, chars, body from workflow_steps
    where workflow_run = ? and step = ? and part = ?`,
  stepSizes: `select chars from workflow_steps
    where workflow_run = ? and (step, part) > (?, ?) order by step, part limit ?`,
  steps: `select workflow_run, step, part, chars, body from workflow_steps
    where workflow_run = ? and (step, part) > (?, ?) order by step, part limit ?`,
  stepPlaces: `select workflow_run, step, part from workflow_steps
    where (workflow_run, step, part) > (?, ?, ?) order by workflow_run, step, part limit ?`,
  deleteSteps: `delete from workflow_steps where workflow_run = ? and (step, part) in
    (select step, part from workflow_steps where workflow_run = ? order by step, part limit ?)
    returning step, part, chars`,

  putStepJournal: "insert into step_journal (seq, body) values (?, ?)",
  stepJournal: "select body from step_journal order by seq",
  deleteStepJournal: "delete from step_journal",

  putEvent: "insert into workflow_events (workflow_run, seq, body) values (?, ?, ?)",
  events: "select body from workflow_events where workflow_run = ? order by seq",
  deleteEvent: "delete from workflow_events where workflow_run = ? and seq = ?",
  deleteEvents: "delete from workflow_events where workflow_run = ?",

  putOutbox: `insert into workflow_outbox (workflow_id, version, tombstone) values (?, ?, ?)
    on conflict (workflow_id, version) do update set tombstone = excluded.tombstone`,
  outbox: `select workflow_id, version, tombstone from workflow_outbox
    where (workflow_id, version) > (?, ?) order by workflow_id, version limit ?`,
  deleteOutbox: "delete from workflow_outbox where workflow_id = ? and version = ?",

  putErrand: `insert into errands (id, chars, body) values (?, ?, ?)
    on conflict (id) do update set chars = excluded.chars, body = excluded.body`,
  getErrand: "select id, chars, body from errands where id = ?",
  errandSizes: "select chars from errands where id > ? order by id limit ?",
  errands: "select id, chars, body from errands where id > ? order by id limit ?",
  deleteErrand: "delete from errands where id = ?",
} as const;
