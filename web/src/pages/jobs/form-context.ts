import { createContext } from "preact";
import { useContext } from "preact/compat";
import type { Json } from "../../../../src/core/json.ts";
import { jsonAt, type JsonObject } from "../../kit/json-pointer.ts";

/** A form over the body of a request: every field reads and writes one place of it. */
export interface JobForm {
  /** What would be sent. It may not be valid, or not even whole. */
  readonly draft: JsonObject;
  /** Undefined takes the field away, so that its default counts. */
  readonly set: (pointer: string, value: Json | undefined) => void;
  /** What is wrong at a place: said by the server, or found here. */
  readonly faultAt: (pointer: string) => string | undefined;
  /** Says that what was typed into a field is no value at all; null takes that back. */
  readonly setUnread: (pointer: string, message: string | null) => void;
}

export const JobFormContext = createContext<JobForm | null>(null);

export function useJobForm(): JobForm {
  const form = useContext(JobFormContext);
  if (form === null) throw new Error("Fields of a job stand within its form.");
  return form;
}

/** The text at a place of the draft; an empty one where there is none. */
export function textIn(draft: JsonObject, pointer: string): string {
  const value = jsonAt(draft, pointer);
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
