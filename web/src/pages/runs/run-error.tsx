import type { RunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { CopyButton } from "../../kit/copy-button.tsx";
import { runStrings } from "./run-strings.ts";

/** The error of a run with what its target answered, in full. */
export function RunErrorText({ run }: { readonly run: RunJson }) {
  const say = useStrings(runStrings);
  // Between attempts the run has no error of its own yet; that of its last attempt is what matters.
  const error = run.error ?? run.attempts.findLast((tried) => tried.error !== null)?.error ?? null;
  if (error === null || run.state === "succeeded") return null;
  return (
    <section
      aria-label={say("errorTitle")}
      class="mt-3 flex items-start gap-2 rounded-md border border-bad/40 bg-bad-ground px-3 py-2 text-bad"
    >
      <div class="min-w-0 flex-1">
        <p
          tabIndex={0}
          class="max-h-60 overflow-auto font-mono text-sm break-words whitespace-pre-wrap"
        >
          {error.message}
        </p>
        {error.code !== null && (
          <p class="mt-1 text-xs">{say("errorCode", { code: error.code })}</p>
        )}
      </div>
      <CopyButton text={error.message} />
    </section>
  );
}
