import { useStrings } from "../../i18n/strings.ts";
import { lineOf, type TextFault } from "./parsed-text.ts";
import { editStrings } from "./edit-strings.ts";
import type { CheckedText } from "./use-checked-text.ts";

const SHOWN_MAX = 50;

/** What the check has found: each problem leads to its line. */
export function CheckResult(props: {
  readonly checked: CheckedText;
  readonly onGoTo: (offset: number) => void;
}) {
  const say = useStrings(editStrings);
  const { checked, onGoTo } = props;
  const { faults, warnings, sound, hint, problem, isChecking, text } = checked;
  return (
    <div role="status" class="flex flex-col gap-2">
      {isChecking && <p class="text-muted">{say("checking")}</p>}
      {!isChecking && sound !== null && faults.length === 0 && (
        <p class="text-ok">
          <span aria-hidden="true">✓</span>{" "}
          {say("isSound", { steps: sound.steps, edges: sound.edges, depth: sound.depth })}
        </p>
      )}
      {problem !== null && (
        <p class="text-warn">
          {say("notChecked")} {problem.message} {problem.requestId}
        </p>
      )}
      {faults.length > 0 && (
        <div class="rounded-md bg-bad-ground px-3 py-2 text-bad">
          <p class="font-medium">
            <span aria-hidden="true">✗</span> {say("problems", { count: faults.length })}
          </p>
          <Faults faults={faults} text={text} onGoTo={onGoTo} />
          {hint !== "" && <p class="mt-1">{hint}</p>}
        </div>
      )}
      {warnings.length > 0 && (
        <div class="rounded-md bg-warn-ground px-3 py-2 text-warn">
          <p class="font-medium">
            <span aria-hidden="true">!</span> {say("warnings", { count: warnings.length })}
          </p>
          <Faults faults={warnings} text={text} onGoTo={onGoTo} />
        </div>
      )}
    </div>
  );
}

function Faults(props: {
  readonly faults: readonly TextFault[];
  readonly text: string;
  readonly onGoTo: (offset: number) => void;
}) {
  const say = useStrings(editStrings);
  const { faults, text, onGoTo } = props;
  return (
    <ul>
      {faults.slice(0, SHOWN_MAX).map(({ offset, message }) => (
        <li key={`${offset} ${message}`} class="break-words">
          <button
            type="button"
            onClick={() => onGoTo(offset)}
            class="mr-2 underline underline-offset-2"
          >
            {say("line", { line: lineOf(text, offset) })}
          </button>
          {message}
        </li>
      ))}
    </ul>
  );
}
