import type { Answer } from "../core/answer.ts";
import { unreachable } from "../core/assert.ts";
import type { Json } from "../core/json.ts";
import type { RunError } from "../core/run.ts";
import type { EgressAnswer } from "../ports/egress.ts";
import { retryAfterMs } from "./retry-after.ts";
import { fieldOf, parseShallowJson } from "./shallow-json.ts";
import { isContextCut, sharedContext } from "./shared-context.ts";

type HttpAnswer = Extract<EgressAnswer, { readonly ok: true }>;
type Succeeded = Extract<Answer, { readonly kind: "succeeded" }>;
type Failed = Extract<Answer, { readonly kind: "failed" }>;

export const ANSWER_LIMITS = {
  messageCharsMax: 1_024,
  codeCharsMax: 128,
  excerptCharsMax: 200,
} as const;

/** "Do not retry", for targets that can say no more than a status. */
const STATUS_NEVER_RETRY = 489;

export interface DecodeContext {
  /** Where the request went: a relative Location is read against it. */
  readonly url: string;
  /** Whether 202 means that a callback follows; elsewhere it is a success like any 2xx. */
  readonly canCallBack: boolean;
  /** Whether 410 says that nobody will ever listen here again. */
  readonly canBeGone: boolean;
  /** Whether it answers for a step of a workflow run: then a `context` beside its `result` is heard. */
  readonly isStep: boolean;
  readonly nowMs: number;
}

/**
 * What an HTTP answer means for the run. The target is not trusted: everything it says is bounded.
 */
export function decodeAnswer(answer: EgressAnswer, context: DecodeContext): Answer {
  if (!answer.ok) return decodeFailure(answer);
  const { status } = answer;
  if (status === 202 && context.canCallBack) return { kind: "accepted" };
  if (status >= 200 && status < 300) return decodeSuccess(answer, context);
  if (status < 400)
    return failed({ message: redirectMessage(answer, context.url), code: `http_${status}` });
  return decodeRefusal(answer, context);
}

/** A run that was never sent, or that our own fault kept from being sent. */
export function undelivered(error: RunError): Failed {
  return { ...failed(error), delivered: false };
}

function decodeFailure(answer: Extract<EgressAnswer, { readonly ok: false }>): Answer {
  const error = { message: clip(answer.message), code: answer.reason };
  switch (answer.reason) {
    case "timed_out":
      return answer.delivered ? { kind: "timed_out" } : undelivered(error);
    case "cut":
      return { kind: "unknown", error };
    case "refused":
      return { ...undelivered(error), retry: false };
    case "unreachable":
    case "invalid":
      return { ...failed(error), delivered: answer.delivered };
    default:
      return unreachable(answer.reason);
  }
}

function decodeRefusal(answer: HttpAnswer, context: DecodeContext): Failed {
  const body = parseShallowJson(answer.body);
  const gone = answer.status === 410 && context.canBeGone;
  const isFinal = gone || answer.status === STATUS_NEVER_RETRY || fieldOf(body, "retry") === false;
  return {
    ...failed(errorOf(answer, body)),
    retry: !isFinal,
    retryAfterMs: retryAfterMs(answer.headers["retry-after"], context.nowMs),
    gone,
  };
}

function decodeSuccess(answer: HttpAnswer, { isStep }: DecodeContext): Answer {
  const { body, truncated } = answer;
  if (isStep && truncated && isContextCut(body)) return contextFailed(CONTEXT_CUT);
  if (body === "") return succeeded(null, truncated);
  // What was cut is no JSON any more, even where it happens to parse.
  const json = truncated ? undefined : parseShallowJson(body);
  if (json === undefined) return succeeded(body, truncated);
  // `{"result": null}` has one: its result is null, not the object.
  const result = fieldOf(json, "result");
  if (result === undefined) return succeeded(json, truncated);
  if (!isStep) return succeeded(result, truncated);
  const shared = sharedContext(fieldOf(json, "context"));
  if (typeof shared === "string") return contextFailed(shared);
  return { ...succeeded(result, truncated), ...shared };
}

const CONTEXT_CUT =
  "The answer is longer than what is kept of one, so its context is lost; a callback may be longer.";

function succeeded(result: Json, truncated: boolean): Succeeded {
  return { kind: "succeeded", result, truncated, context: null };
}

/** The next attempt would say the same. */
function contextFailed(message: string): Failed {
  return { ...failed({ message, code: "context.invalid" }), retry: false };
}

/**
 * `{"error": {"message", "code"?}}`, `{"error": "text"}`, or what the status and the body say by
 * themselves.
 */
function errorOf(answer: HttpAnswer, body: Json | undefined): RunError {
  const error = fieldOf(body, "error");
  const message = typeof error === "string" ? error : fieldOf(error, "message");
  const code = fieldOf(error, "code");
  return {
    message: typeof message === "string" && message !== "" ? clip(message) : statusMessage(answer),
    code:
      typeof code === "string" && code !== ""
        ? code.slice(0, ANSWER_LIMITS.codeCharsMax)
        : `http_${answer.status}`,
  };
}

function statusMessage(answer: HttpAnswer): string {
  const excerpt = answer.body.slice(0, ANSWER_LIMITS.excerptCharsMax).trim();
  const said = `the target answered ${answer.status}`;
  return excerpt === "" ? said : `${said}: ${excerpt}`;
}

/** Names the host only: the rest of a Location may hold a secret. */
function redirectMessage(answer: HttpAnswer, url: string): string {
  const location = answer.headers["location"];
  const said = `the target answered ${answer.status}`;
  if (location === undefined) return `${said}, which is no success`;
  const host = URL.canParse(location, url) ? new URL(location, url).host : "an invalid address";
  return clip(`${said} and points to ${host}; redirects are not followed`);
}

function clip(message: string): string {
  return message.slice(0, ANSWER_LIMITS.messageCharsMax);
}

function failed(error: RunError): Failed {
  return { kind: "failed", error, retry: true, retryAfterMs: null, delivered: true, gone: false };
}
