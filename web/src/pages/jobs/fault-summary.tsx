import { useEffect, useRef } from "preact/compat";
import type { FieldFault, Problem } from "../../api/problem.ts";
import { useStrings } from "../../i18n/strings.ts";
import { kitStrings } from "../../kit/strings.ts";

interface FaultSummaryProps {
  readonly problem: Problem | null;
  readonly faults: readonly FieldFault[];
  /** Shows the JSON, where every field is. */
  readonly showJson: () => void;
}

/** What a refused save says: everything that is wrong, each with a way to its field. */
export function FaultSummary({ problem, faults, showJson }: FaultSummaryProps) {
  const say = useStrings(kitStrings);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problem !== null) box.current?.focus();
  }, [problem]);
  if (problem === null) return null;
  return (
    <div
      ref={box}
      role="alert"
      tabIndex={-1}
      class="mb-3 scroll-mt-20 rounded-md border border-bad/40 bg-bad-ground px-3 py-2 text-bad"
    >
      <p class="font-medium">{problem.message}</p>
      {problem.hint !== "" && <p>{problem.hint}</p>}
      {faults.length > 0 && (
        <ul class="mt-1 list-disc pl-5">
          {faults.map(({ pointer, message }) => (
            <li key={`${pointer} ${message}`}>
              <button
                type="button"
                class="text-left underline"
                onClick={() => {
                  if (!focusField(pointer)) showJson();
                }}
              >
                <code>{pointer === "" ? "/" : pointer}</code>
              </button>{" "}
              {message}
            </li>
          ))}
        </ul>
      )}
      {problem.requestId !== null && (
        <p class="mt-1 text-xs">
          {say("requestId")} <code>{problem.requestId}</code>
        </p>
      )}
    </div>
  );
}

/** Goes to the field of a place, or of the nearest place above it. False where the form has none. */
function focusField(pointer: string): boolean {
  for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    const field = document.querySelector(`[data-at="${CSS.escape(at)}"]`);
    const control = field?.querySelector<HTMLElement>("input,select,textarea,button");
    if (control !== null && control !== undefined) {
      const folded = control.closest("details");
      if (folded !== null) folded.open = true;
      control.focus();
      control.scrollIntoView({ block: "center" });
      return true;
    }
  }
  return false;
}
