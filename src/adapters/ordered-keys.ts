/** Keys of tables in memory, and their orders: those of SQLite's own. */

/** A key of two parts. */
export interface AtId {
  readonly ms: number;
  readonly id: string;
}

export function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function byTimeThenId(a: AtId, b: AtId): number {
  return a.ms - b.ms || byText(a.id, b.id);
}

export function byIdThenTime(a: AtId, b: AtId): number {
  return byText(a.id, b.id) || a.ms - b.ms;
}

/** A name within its namespace. */
export function nameKey(namespace: string, name: string): string {
  return `${namespace}\u0000${name}`;
}
