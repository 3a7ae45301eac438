import { Refusal } from "../src/core/refusal.ts";
import type { Log } from "../src/ports/log.ts";
import { SettingsError } from "./settings.ts";

const RETRY_AFTER_SECONDS = 5;

/**
 * What every request is answered while the Worker cannot serve: 503 with one line that says what the
 * operator must change, or that the records are away. The log gets the same line.
 */
export function unreadyAnswer(error: unknown, requestId: string, log: Log): Response {
  const { code, title, detail, hint } = explain(error);
  log.error(detail, { code, requestId, ...causeOf(error) });
  const status = 503;
  const type = `urn:tickwheel:problem:${code}`;
  return new Response(JSON.stringify({ type, title, status, detail, code, requestId, hint }), {
    status,
    headers: {
      "content-type": "application/problem+json; charset=utf-8",
      "cache-control": "no-store",
      "retry-after": String(RETRY_AFTER_SECONDS),
    },
  });
}

interface Explained {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
}

function explain(error: unknown): Explained {
  if (error instanceof SettingsError)
    return {
      code: "host.misconfigured",
      title: "Misconfigured",
      detail: error.message,
      hint: "Change the setting and deploy again, or set the secret.",
    };
  if (error instanceof Refusal && error.data.code === "records.unavailable")
    return {
      code: error.data.code,
      title: "Records unavailable",
      detail: "The records cannot be reached, and no shard knows this deployment yet.",
      hint: "Check LIBSQL_URL and LIBSQL_TOKEN, or try again in a moment.",
    };
  return {
    code: "internal.error",
    title: "Internal error",
    detail: "The Worker failed to start through a fault of its own.",
    hint: "Report the requestId to the operator.",
  };
}

/** A setting's own message says it all. */
function causeOf(error: unknown): { readonly cause?: string } {
  if (error instanceof SettingsError) return {};
  if (!(error instanceof Error)) return { cause: String(error) };
  return { cause: error.cause instanceof Error ? error.cause.message : error.message };
}
