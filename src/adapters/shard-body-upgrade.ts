/**
 * Statements of the second step of the shard's tables: JSON that the first version wrote gets what later
 * code expects to find. `json_insert` leaves alone what is there. Part of a step that has landed: it
 * never changes.
 */
export const SHARD_BODY_UPGRADE: readonly string[] = [
  `update jobs set body = ${withJobDefaults("body", "$")}`,
  `update runs set body = ${withRunDefaults("body", "$")}`,
  `update ticks set body = json_insert(body, '$.evidence', null)`,
  // First answers that are still to be repeated hold jobs and runs, too.
  `update idempotency set reply = ${withJobDefaults("reply", "$.view.job")}
    where ${holds("$.view.job.spec")}`,
  `update idempotency set reply = ${withRunDefaults("reply", "$.run")}
    where ${holds("$.run.order")}`,
];

function withJobDefaults(column: string, job: string): string {
  const schedule = `${job}.spec.schedule`;
  const bounds = `'${schedule}.startAt', null, '${schedule}.endAt', null, '${schedule}.ticksMax', null`;
  const life = `json_insert(${column}, '${job}.ticksDone', 0, '${job}.spec.priority', 0,
    '${job}.spec.concurrency', null)`;
  return `case json_extract(${column}, '${schedule}.kind')
    when 'cron' then json_insert(${life}, ${bounds}, '${schedule}.calendar', null,
      '${schedule}.dst', json('{"gap":"shift","fold":"first"}'))
    when 'every' then json_insert(${life}, ${bounds}, '${schedule}.calendar', null,
      '${schedule}.timezone', 'UTC')
    when 'after' then json_insert(${life}, ${bounds})
    else ${life} end`;
}

function withRunDefaults(column: string, run: string): string {
  return `json_insert(${column}, '${run}.order.priority', 0)`;
}

/** The reply of a key that is only claimed is empty text, which is no JSON. */
function holds(path: string): string {
  return `case when json_valid(reply) then json_type(reply, '${path}') = 'object' else 0 end`;
}
