import {
  NonRetryable,
  type HandlerContext,
  type Handlers,
  type WorkflowStep,
} from "tickwheel/executor";

/** A delivery that a handler has begun to work on. */
export interface Begun {
  readonly handler: string;
  readonly run: string;
  readonly attempt: number;
  /** Whose step it does; null when it was sent by a job. */
  readonly workflow: Omit<WorkflowStep, "context"> | null;
}

export interface EtlSettings {
  /** Told each delivery before anything is done about it. */
  readonly onBegin: (begun: Begun) => void;
  /** The work itself, which this example only pretends to do. */
  readonly work: (signal: AbortSignal) => Promise<void>;
}

const FILES_MAX = 10_000;

/** What the steps of `etl.json` and `publish.json` do. */
export function etlHandlers({ onBegin, work }: EtlSettings): Handlers {
  const begin = async (ctx: HandlerContext): Promise<void> => {
    onBegin(begunOf(ctx));
    await work(ctx.signal);
  };
  return {
    /** Finds the files of a day, and tells all other steps which batch this is. */
    async extract(ctx) {
      await begin(ctx);
      const { day, files: count } = ctx.params;
      if (typeof day !== "string" || typeof count !== "number" || count > FILES_MAX)
        throw new NonRetryable(`params.day is no text, or params.files no number to ${FILES_MAX}`);
      ctx.workflow?.update({ batch: `${day}/${ctx.workflow.revision}` });
      const files = Array.from({ length: count }, (_, i) => `${day}-${i + 1}.csv`);
      return { files, rows: 100 * files.length };
    },

    /** One of three tasks; what they give is laid over each other. */
    async clean(ctx) {
      await begin(ctx);
      const { part, rows = 0 } = ctx.params;
      if (typeof part !== "string") throw new NonRetryable("params.part is no text");
      return { [part]: "clean", rows };
    },

    /** One item of a map. */
    async load(ctx) {
      await begin(ctx);
      const { file, batch } = ctx.params;
      return { file: file ?? null, batch: batch ?? null, at: ctx.workflow?.part ?? null };
    },

    /** The only step of the workflow within the workflow. */
    async publish(ctx) {
      await begin(ctx);
      const { items } = ctx.params;
      return { published: Array.isArray(items) ? items.length : 0 };
    },

    /** Undoes a step that had succeeded, when the workflow has failed after it. */
    async compensate(ctx) {
      await begin(ctx);
      ctx.log.info(`undoing ${ctx.workflow?.step ?? "nothing"}`);
      return { undone: ctx.workflow?.step ?? null };
    },
  };
}

function begunOf({ handler, run, attempt, workflow }: HandlerContext): Begun {
  if (workflow === null) return { handler, run, attempt, workflow };
  const { update: _update, context: _context, ...step } = workflow;
  return { handler, run, attempt, workflow: step };
}
