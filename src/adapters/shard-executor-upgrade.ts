/**
 * Statements of the third step of the shard's tables: JSON that the second version wrote gets what executors,
 * long runs and sharded runs need. `json_insert` leaves alone what is there. Rows of the journal need nothing:
 * they are laid over the run's own row, which then has what they lack. Part of a step that has landed: it never
 * changes.
 */
export const SHARD_EXECUTOR_UPGRADE: readonly string[] = [
  `update jobs set body = ${withJobDefaults("body", "$")}`,
  `update runs set body = ${withRunDefaults("body", "$")}`,
  // First answers that are still to be repeated hold jobs and runs, too.
  `update idempotency set reply = ${withJobDefaults("reply", "$.view.job")}
    where ${holds("$.view.job.spec", "object")}`,
  `update idempotency set reply = json_set(reply, '$.view.runs', (
      select json_group_array(json(${withRunDefaults("value", "$")}))
      from json_each(reply, '$.view.runs')))
    where ${holds("$.view.runs", "array")}`,
  `update idempotency set reply = ${withRunDefaults("reply", "$.run")}
    where ${holds("$.run.order", "object")}`,
];

function withJobDefaults(column: string, job: string): string {
  const inserted = `json_insert(${column}, '${job}.spec.sharding', null)`;
  return withTargetDefaults({ column, inserted, target: `${job}.spec.target` });
}

function withRunDefaults(column: string, run: string): string {
  const inserted = `json_insert(${column}, '${run}.order.sharding', null,
    '${run}.order.slices', null, '${run}.cancelRequestedMs', null, '${run}.progress', null,
    '${run}.slice', null, '${run}.tally', null)`;
  return withTargetDefaults({ column, inserted, target: `${run}.order.target` });
}

function withTargetDefaults(text: {
  readonly column: string;
  readonly inserted: string;
  readonly target: string;
}): string {
  const { column, inserted, target } = text;
  return `case json_extract(${column}, '${target}.kind') when 'executor'
    then json_insert(${inserted}, '${target}.hashKey', null, '${target}.node', null,
      '${target}.tags', json('[]'), '${target}.onNodeLost', 'resend')
    else ${inserted} end`;
}

/** The reply of a key that is only claimed is empty text, which is no JSON. */
function holds(path: string, type: "object" | "array"): string {
  return `case when json_valid(reply) then json_type(reply, '${path}') = '${type}' else 0 end`;
}
