import type { Run } from "../core/run.ts";

/**
 * A row's JSON. Rows never change, so the text of one that was just stored serves again when it goes to the
 * records a moment later; the memory goes when the row does.
 */
export function rowText(row: object): string {
  const known = TEXTS.get(row);
  if (known !== undefined) return known;
  const text = JSON.stringify(row);
  TEXTS.set(row, text);
  return text;
}

/** The same for a run. Its order is half of it and stays through all its versions, so it is put into words once. */
export function runText(run: Run): string {
  const known = TEXTS.get(run);
  if (known !== undefined) return known;
  const { order, ...rest } = run;
  const text = `{"order":${rowText(order)},${JSON.stringify(rest).slice(1)}`;
  TEXTS.set(run, text);
  return text;
}

const TEXTS = new WeakMap<object, string>();
