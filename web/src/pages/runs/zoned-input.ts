import { instantOfLocal, localOfInstant } from "../../kit/zoned-time.ts";

/** The wall time of an instant in a zone, as `datetime-local` inputs hold it: `2027-01-01T09:30`. */
export function inputOfInstant(at: string, zone: string): string {
  return localOfInstant(at, zone).slice(0, 16);
}

/** The instant of such a wall time; empty for none, as filters in the address have it. */
export function instantOfInput(text: string, zone: string): string {
  return instantOfLocal(text, zone) ?? "";
}
