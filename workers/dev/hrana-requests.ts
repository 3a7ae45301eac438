import { z } from "zod";

// The JSON of Hrana over HTTP, versions 2 and 3, as far as libSQL's own client speaks it:
// https://github.com/tursodatabase/libsql/blob/main/docs/HRANA_3_SPEC.md

const value = z.discriminatedUnion("type", [
  z.object({ type: z.literal("null") }),
  z.object({ type: z.literal("integer"), value: z.string().regex(/^-?\d{1,19}$/) }),
  z.object({ type: z.literal("float"), value: z.number() }),
  z.object({ type: z.literal("text"), value: z.string() }),
  z.object({ type: z.literal("blob"), base64: z.string() }),
]);

/** SQL as text, or as the number under which the stream has stored it. */
const sqlSource = { sql: z.string().nullish(), sql_id: z.number().int().nullish() };

const statement = z.object({
  ...sqlSource,
  args: z.array(value).nullish(),
  named_args: z.array(z.object({ name: z.string(), value })).nullish(),
  want_rows: z.boolean().nullish(),
});

/** When a step of a batch runs, told by what became of the steps before it. */
export type Condition =
  | { readonly type: "ok" | "error"; readonly step: number }
  | { readonly type: "not"; readonly cond: Condition }
  | { readonly type: "and" | "or"; readonly conds: readonly Condition[] }
  | { readonly type: "is_autocommit" };

const condition: z.ZodType<Condition> = z.lazy(() =>
  z.discriminatedUnion("type", [
    z.object({ type: z.enum(["ok", "error"]), step: z.number().int() }),
    z.object({ type: z.literal("not"), cond: condition }),
    z.object({ type: z.enum(["and", "or"]), conds: z.array(condition) }),
    z.object({ type: z.literal("is_autocommit") }),
  ]),
);

const batch = z.object({
  steps: z.array(z.object({ condition: condition.nullish(), stmt: statement })),
});

const streamRequest = z.discriminatedUnion("type", [
  z.object({ type: z.literal("close") }),
  z.object({ type: z.literal("execute"), stmt: statement }),
  z.object({ type: z.literal("batch"), batch }),
  z.object({ type: z.literal("sequence"), ...sqlSource }),
  z.object({ type: z.literal("describe"), ...sqlSource }),
  z.object({ type: z.literal("store_sql"), sql_id: z.number().int(), sql: z.string() }),
  z.object({ type: z.literal("close_sql"), sql_id: z.number().int() }),
  z.object({ type: z.literal("get_autocommit") }),
]);

/** The body of a POST to `/v2/pipeline` or `/v3/pipeline`. */
export const pipelineBody = z.object({
  baton: z.string().nullish(),
  requests: z.array(streamRequest),
});

export type HranaValue = z.infer<typeof value>;
export type HranaStatement = z.infer<typeof statement>;
export type HranaBatch = z.infer<typeof batch>;
export type StreamRequest = z.infer<typeof streamRequest>;
export type SqlSource = Pick<HranaStatement, "sql" | "sql_id">;
