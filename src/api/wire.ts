import { z } from "@hono/zod-openapi";
import { durationMs } from "../core/duration.ts";
import { instantMs } from "../core/instant.ts";
import type { Json } from "../core/json.ts";

/** Bounds of everything that a caller may send, apart from the body as a whole. */
export const WIRE_LIMITS = {
  nameChars: 128,
  textChars: 1_024,
  tags: 32,
  tagChars: 64,
  paramsChars: 65_536,
  pageItems: 200,
  pageItemsDefault: 50,
  waitMsMax: 60_000,
  queryChars: 200,
} as const;

const DAY_MS = 86_400_000;
export const SPAN_MS = { second: 1_000, hour: 3_600_000, day: DAY_MS, year: 366 * DAY_MS } as const;

/** Any JSON value. */
export const anyJson = z
  .unknown()
  .transform((value, ctx): Json => {
    if (isJson(value)) return value;
    ctx.addIssue({ code: "custom", message: "Not a JSON value." });
    return z.NEVER;
  })
  .openapi({ description: "Any JSON value." });

/** What came from `JSON.parse` is Json through and through; only what was never there is not. */
function isJson(value: unknown): value is Json {
  return value !== undefined;
}

/** A JSON object of bounded size, such as the params of a job. */
export const jsonObject = z
  .record(z.string(), anyJson)
  .refine((value) => JSON.stringify(value).length <= WIRE_LIMITS.paramsChars, {
    message: `Its JSON text is longer than ${WIRE_LIMITS.paramsChars} characters.`,
  });

/** A JSON object in an answer, where nothing is to be checked. */
export const jsonObjectOut = z.record(z.string(), anyJson);

/** An instant in RFC 3339, in the years 1970 to 9999. */
export const instant = z
  .string()
  .max(40)
  .refine((text) => instantMs(text) !== undefined, {
    message: "Not an instant in RFC 3339, such as 2027-01-01T00:00:00Z.",
  })
  .openapi({ format: "date-time", example: "2027-01-01T00:00:00.000Z" });

/** An instant in an answer. */
export const instantOut = z.string().openapi({ format: "date-time" });

/** A duration as text, within bounds in milliseconds. */
export function duration(bounds: { readonly msMin: number; readonly msMax: number }) {
  return z
    .string()
    .max(64)
    .superRefine((text, ctx) => {
      const ms = durationMs(text);
      if (ms === undefined)
        ctx.addIssue({ code: "custom", message: 'Not a duration such as "30s" or "PT30S".' });
      else if (ms < bounds.msMin || ms > bounds.msMax)
        ctx.addIssue({
          code: "custom",
          message: `Not between ${bounds.msMin} ms and ${bounds.msMax} ms.`,
        });
    })
    .openapi({ example: "30s" });
}

/** Milliseconds of an instant that the schema has accepted; null where none was sent. */
export function sentInstantMs(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : (instantMs(text) ?? null);
}

/** RFC 3339 UTC with milliseconds. */
export function isoText(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoTextOrNull(ms: number | null): string | null {
  return ms === null ? null : isoText(ms);
}

/** One page of a list as it goes out. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** `?limit=` and `?cursor=` of every list. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^\d{1,4}$/, "Not a whole number.")
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= WIRE_LIMITS.pageItems, {
      message: `Not between 1 and ${WIRE_LIMITS.pageItems}.`,
    })
    .optional()
    .openapi({ type: "integer", minimum: 1, maximum: WIRE_LIMITS.pageItems, default: 50 }),
  cursor: z.string().max(1_024).optional(),
} as const;

/** `?wait=30s` of run-now and of a single run. */
export const waitQuery = duration({ msMin: 0, msMax: WIRE_LIMITS.waitMsMax }).optional();

export function waitMsOf(wait: string | undefined): number {
  return wait === undefined ? 0 : (durationMs(wait) ?? 0);
}

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    requestId: z.string(),
    hint: z.string(),
    errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");

/** The answers that every route may give instead: RFC 9457 problems. */
export const problemAnswers = {
  default: {
    description: "A problem (RFC 9457); `code` says which.",
    content: { "application/problem+json": { schema: problemSchema } },
  },
} as const;

/** One JSON answer of a route, for its description. */
export function jsonAnswer<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { "application/json": { schema } } } as const;
}

/** A JSON body that must be there. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { "application/json": { schema } } } as const;
}

/** A JSON body all of whose fields may be left out, and which may be left out itself. */
export function optionalJsonBody<S extends z.ZodType>(schema: S) {
  return { content: { "application/json": { schema } } } as const;
}

/** The header that makes a POST happen once. */
export const idempotencyHeader = z.object({
  "idempotency-key": z.string().optional().openapi({ description: "Kept for 24 hours." }),
});

/** The header that makes a change conditional. */
export const ifMatchHeader = z.object({
  "if-match": z.string().optional().openapi({ description: "The ETag that was read." }),
});
