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

const TEXTS = new WeakMap<object, string>();
