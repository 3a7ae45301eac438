import type { ComponentChildren } from "preact";
import type { ChangeRequest } from "../api/use-api.ts";
import type { JsonObject } from "../kit/json-pointer.ts";

/** What the history of one object needs to know of it, so that old definitions can be compared and put back. */
export interface RestorableObject {
  readonly kind: "job" | "workflow" | "executor" | "calendar";
  readonly name: string;
  /** Its address in the API: where it is read as it is now. */
  readonly path: string;
  /** Whether an entry of the history holds a whole definition, and not only what is left of one. */
  readonly isWhole: (object: JsonObject) => boolean;
  /**
   * What people define of it, as it is compared; `request` takes it in this form too. The object is as it is now, or
   * as an entry of the history has it.
   */
  readonly definition: (object: JsonObject) => JsonObject;
  /** What the history tells the changes of, where that is more than the definition. */
  readonly told?: (object: JsonObject) => JsonObject;
  /** The request that saves a definition over the version with this tag. */
  readonly request: (definition: JsonObject, etag: string | null) => ChangeRequest;
  /** What the request would bring about beside the change itself. */
  readonly outlook?: (request: ChangeRequest) => ComponentChildren;
}
