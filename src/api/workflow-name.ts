import { z } from "@hono/zod-openapi";

/** Never `.` or `..`: every client would take those for another path. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$/;
/** A name of this form would be read as an id. */
const LIKE_ID = /^(?:wf|wr)_[0-9a-f]{32}[0-9a-z]{2}$/;

/** The name of a workflow, wherever one is given: in its definition, as a target and as a step. */
export const workflowName = z
  .string()
  .regex(NAME, "Not 1 to 128 of the characters A-Z a-z 0-9 . _ -, or only one or two dots.")
  .refine((name) => !LIKE_ID.test(name), { message: "A name must not look like an id." })
  .openapi({ example: "etl" });
