import { z } from "@hono/zod-openapi";
import { Refusal } from "../core/refusal.ts";
import type { JobSpec } from "../core/job.ts";
import type { Json } from "../core/json.ts";
import { jobBody, type JobBody } from "./job-schema.ts";
import { anyJson } from "./wire.ts";
import { refusalOfIssues } from "./zod-refusal.ts";

type JsonObject = { readonly [key: string]: Json };

const patchField = anyJson.optional();
const mergeField = z
  .record(z.string(), anyJson)
  .nullable()
  .optional()
  .openapi({ description: "Merged into what is stored (RFC 7396)." });

/**
 * The body of PATCH /jobs/{job}: the fields of a job, each of which may be left out. What comes out
 * of the merge is validated as a whole, so nothing is judged here but the names.
 */
export const patchBody = z
  .strictObject({
    name: patchField,
    description: patchField,
    owner: patchField,
    tags: patchField,
    schedule: mergeField,
    target: mergeField,
    params: mergeField,
    misfire: mergeField,
    overlap: patchField,
    retry: mergeField,
    timeout: patchField,
    startWithin: patchField,
    delivery: patchField,
    priority: patchField,
    concurrency: patchField,
  })
  .openapi("JobPatchBody");

type PatchBody = z.infer<typeof patchBody>;

/** Fields that are merged within; every other one is replaced. */
const MERGED: ReadonlySet<string> = new Set(["schedule", "target", "misfire", "retry"]);

/**
 * The stored job with a patch laid over it, validated like a new one. A null takes the default
 * again.
 */
export function patchedJob(stored: JobSpec, patch: PatchBody): JobBody {
  if (patch.name !== undefined && patch.name !== stored.name)
    throw new Refusal("request.invalid", "The name of a job never changes.", {
      errors: [{ pointer: "/name", message: "Not the stored name." }],
      hint: "Create a job with the new name and delete this one.",
    });
  const merged: Record<string, unknown> = { ...stored };
  for (const [field, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete merged[field];
    else merged[field] = MERGED.has(field) ? mergedPart(merged[field], value) : value;
  }
  const parsed = jobBody.safeParse(merged);
  if (!parsed.success) throw refusalOfIssues(parsed.error.issues, "json");
  return parsed.data;
}

/** A part of another kind shares no fields with the stored one, so it replaces it. */
function mergedPart(stored: unknown, patch: Json): unknown {
  if (!isObject(patch)) return patch;
  const isOtherKind =
    isObject(stored) && patch["kind"] !== undefined && patch["kind"] !== stored["kind"];
  return mergePatch(isOtherKind ? {} : stored, patch);
}

/** JSON Merge Patch (RFC 7396). The depth of both sides was bounded when they came in. */
export function mergePatch(stored: unknown, patch: Json): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(stored) ? { ...stored } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
