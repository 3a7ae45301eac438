import type { Json } from "../core/json.ts";
import { NonRetryable, RetryAfter } from "./handler.ts";

/** What came of a handler. */
export type Outcome =
  | {
      readonly kind: "succeeded";
      readonly result: Json;
      /** What is laid over the shared context of the workflow run; null changes nothing. */
      readonly context: { readonly [key: string]: Json } | null;
    }
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly code: string | null;
      readonly retry: boolean;
      readonly retryAfterMs: number | null;
    }
  | { readonly kind: "canceled"; readonly message: string };

/** An HTTP answer as plain data, so that a repetition can be answered with it again. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const OUTCOME_LIMITS = {
  /** A longer result is cut, and marked as such by the scheduler, which keeps 64 KiB. */
  resultCharsMax: 1_000_000,
  /** More than the scheduler keeps: what is this long is seen to be cut. */
  cutCharsMax: 70_000,
  /** Of an answer the scheduler keeps so much: a context must not be cut, so longer ones are called back. */
  contextAnswerBytesMax: 65_536,
  messageCharsMax: 1_024,
  codeCharsMax: 128,
} as const;

/** Says why the signal of a run aborted, which is also what `throwIfAborted` throws. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly code: "canceled" | "lease_lost" | "superseded" | "stopping";

  constructor(code: Stopped["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** The outcome of a handler that returned, after it had laid `context` over that of its workflow run. */
export function outcomeOfResult(
  result: unknown,
  context: { readonly [key: string]: Json } | null,
): Outcome {
  try {
    const text = JSON.stringify(result ?? null);
    if (text === undefined) return invalidResult(`a ${typeof result} is no JSON`);
    if (text.length > OUTCOME_LIMITS.resultCharsMax)
      return { kind: "succeeded", result: text.slice(0, OUTCOME_LIMITS.cutCharsMax), context };
    const json: Json = JSON.parse(text);
    return { kind: "succeeded", result: json, context };
  } catch (error) {
    return invalidResult(messageOf(error));
  }
}

/** The outcome of a handler that threw, whose signal may have aborted before for a reason. */
export function outcomeOfError(error: unknown, signal: AbortSignal): Outcome {
  const stopped = signal.reason instanceof Stopped ? signal.reason : null;
  if (stopped?.code === "canceled") return { kind: "canceled", message: stopped.message };
  return {
    kind: "failed",
    message: messageOf(stopped ?? error),
    code: stopped?.code ?? codeOf(error),
    retry: !(error instanceof NonRetryable),
    retryAfterMs: error instanceof RetryAfter ? Math.max(0, error.ms) : null,
  };
}

/** How an attempt is answered whose handler ended in time. */
export function answerOfOutcome(outcome: Outcome): HttpAnswer {
  switch (outcome.kind) {
    case "succeeded":
      return jsonAnswer(200, successOf(outcome));
    case "canceled":
      return errorAnswer(500, { message: outcome.message, code: "canceled" }, { retry: false });
    case "failed": {
      const { message, code, retry, retryAfterMs } = outcome;
      const error = { message, ...(code === null ? {} : { code }) };
      if (retryAfterMs === null) return errorAnswer(500, error, retry ? {} : { retry });
      return laterAnswer(Math.ceil(retryAfterMs / 1_000), error);
    }
    default:
      throw new Error("bug: an outcome of no kind");
  }
}

/** The same for one that was accepted: the body of its callback. */
export function callbackOfOutcome(outcome: Outcome): { readonly [field: string]: Json } {
  if (outcome.kind === "succeeded") return { status: "succeeded", ...successOf(outcome) };
  if (outcome.kind === "canceled") return { status: "canceled" };
  const { message, code, retry } = outcome;
  return { status: "failed", error: { message, code }, retry };
}

/** Whether an answer would lose its context, because it is too long to be kept whole. */
export function needsCallback(outcome: Outcome): boolean {
  if (outcome.kind !== "succeeded" || outcome.context === null) return false;
  const bytes = new TextEncoder().encode(JSON.stringify(successOf(outcome)));
  return bytes.byteLength > OUTCOME_LIMITS.contextAnswerBytesMax;
}

function successOf({ result, context }: Extract<Outcome, { readonly kind: "succeeded" }>): {
  readonly [field: string]: Json;
} {
  return { result, ...(context === null ? {} : { context }) };
}

export function jsonAnswer(status: number, body: Json): HttpAnswer {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

export function errorAnswer(
  status: number,
  error: { readonly message: string; readonly code?: string },
  more: { readonly retry?: boolean } = {},
): HttpAnswer {
  return jsonAnswer(status, { error: { ...error }, ...more });
}

/** Not now: in so many seconds. */
export function laterAnswer(
  seconds: number,
  error: { readonly message: string; readonly code?: string },
): HttpAnswer {
  const answer = errorAnswer(503, error);
  return { ...answer, headers: { ...answer.headers, "retry-after": String(seconds) } };
}

function invalidResult(why: string): Outcome {
  const message = `the handler's result cannot be sent: ${why}`.slice(
    0,
    OUTCOME_LIMITS.messageCharsMax,
  );
  return { kind: "failed", message, code: "result.invalid", retry: false, retryAfterMs: null };
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error);
  return message.slice(0, OUTCOME_LIMITS.messageCharsMax);
}

function codeOf(error: unknown): string | null {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code.slice(0, OUTCOME_LIMITS.codeCharsMax) : null;
}
