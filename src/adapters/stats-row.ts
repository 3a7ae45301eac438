import type { Row } from "@libsql/client";
import { assert } from "../core/assert.ts";

// Rows of statements that are written by hand, as far as the figures need them.

export function textIn(row: Row, column: string): string {
  const value = row[column];
  assert(typeof value === "string", `the column ${column} is text`);
  return value;
}

export function textOrNullIn(row: Row, column: string): string | null {
  const value = row[column];
  return typeof value === "string" ? value : null;
}

export function numberIn(row: Row, column: string): number {
  const value = numberOrNullIn(row, column);
  assert(value !== null, `the column ${column} is a number`);
  return value;
}

/** Null also where somebody stored something else in a body. */
export function numberOrNullIn(row: Row, column: string): number | null {
  const value = row[column];
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" ? value : null;
}
