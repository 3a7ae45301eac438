import { useStrings } from "../../i18n/strings.ts";
import { Button, TextLink } from "../../kit/button.tsx";
import type { BulkAnswer } from "./bulk-plan.ts";
import type { BulkAction } from "./runs-query.ts";
import { runsStrings } from "./strings.ts";

/** What a bulk action has done, and what was refused and why. */
export function BulkResult(props: {
  readonly action: BulkAction;
  readonly answer: BulkAnswer;
  readonly onClose: () => void;
}) {
  const { action, answer, onClose } = props;
  const say = useStrings(runsStrings);
  const { done = 0, skipped = 0, failed = [], isMore } = answer;
  return (
    <div class="grid gap-3" role="status">
      <p class="text-base font-medium">
        {say(action === "retry" ? "doneRetry" : "doneCancel", { count: done })}
      </p>
      {skipped > 0 && <p>{say("doneSkipped", { count: skipped })}</p>}
      {isMore && <p>{say("isMore", { count: answer.matched })}</p>}
      {failed.length > 0 && (
        <div>
          <p class="text-bad">{say("doneFailed", { count: failed.length })}</p>
          <ul class="max-h-60 list-disc overflow-auto pl-5">
            {failed.map(({ run, detail }) => (
              <li key={run} class="break-words">
                <TextLink href={`/runs/${run}`}>{run}</TextLink> {detail}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div class="flex justify-end">
        <Button onClick={onClose}>{say("close")}</Button>
      </div>
    </div>
  );
}
