import { durationMs } from "../../../../src/core/duration.ts";
import { retryCeilingMs } from "../../../../src/core/retry.ts";
import { useStrings } from "../../i18n/strings.ts";
import { jsonAt, type JsonObject } from "../../kit/json-pointer.ts";
import { spanText } from "../../kit/time.tsx";
import { textIn, useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";

const SHOWN_MAX = 8;
const RETRIES_MAX = 50;

/** The attempts one after the other, with the wait before each. */
export function RetryTimeline() {
  const say = useStrings(formStrings);
  const { draft } = useJobForm();
  const waits = waitsOf(draft);
  if (waits === null) return null;
  const total = waits.reduce((sum, ms) => sum + ms, 0);
  const isFull = textIn(draft, "/retry/jitter") !== "none";
  return (
    <div class="mt-3">
      <ol class="flex flex-wrap items-center gap-1 text-xs" aria-label={say("retries")}>
        <li class="rounded bg-busy-ground px-1.5 py-0.5 text-busy">{say("firstTry")}</li>
        {waits.slice(0, SHOWN_MAX).map((ms, i) => (
          // The place in the line is what a retry is.
          <li key={i} class="flex items-center gap-1">
            <span aria-hidden="true" class="h-px w-3 bg-line-strong" />
            <span class="rounded bg-warn-ground px-1.5 py-0.5 text-warn tabular-nums">
              +{spanText(ms)}
            </span>
          </li>
        ))}
        {waits.length > SHOWN_MAX && (
          <li>… {say("retriesMore", { count: waits.length - SHOWN_MAX })}</li>
        )}
      </ol>
      <p class="mt-1 text-xs text-muted">
        {waits.length === 0
          ? say("noRetries")
          : say(isFull ? "retriesUpTo" : "retriesTake", { time: spanText(total) })}
      </p>
    </div>
  );
}

/** The longest waits before each retry; null while the fields cannot be read. */
function waitsOf(draft: JsonObject): readonly number[] | null {
  const max = numberOr(draft, "/retry/max", 3);
  const factor = numberOr(draft, "/retry/backoff/factor", 3);
  const base = durationMs(textIn(draft, "/retry/backoff/base") || "10s");
  const most = durationMs(textIn(draft, "/retry/backoff/max") || "1d");
  if (base === undefined || most === undefined || !(max >= 0 && factor >= 1)) return null;
  const policy = {
    attemptsMax: max + 1,
    baseMs: base,
    factor,
    delayMsMax: most,
    jitter: "none",
    beforeMs: null,
  } as const;
  const length = Math.min(RETRIES_MAX, Math.floor(max));
  return Array.from({ length }, (_, i) => retryCeilingMs(policy, i + 1));
}

function numberOr(draft: JsonObject, pointer: string, usual: number): number {
  const value = jsonAt(draft, pointer);
  return typeof value === "number" ? value : usual;
}
