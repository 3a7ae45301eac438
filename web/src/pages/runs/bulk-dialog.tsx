import { useQuery } from "@tanstack/react-query";
import { useState } from "preact/compat";
import { Problem } from "../../api/problem.ts";
import type { RunJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import { Field, FormProblem, TextInput } from "../../kit/field.tsx";
import { Failure } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { toast } from "../../kit/toast.tsx";
import { planOf, type BulkAnswer, type BulkPlan, type BulkTarget } from "./bulk-plan.ts";
import { BulkResult } from "./bulk-result.tsx";
import { runNameOf } from "./run-name.tsx";
import type { BulkAction } from "./runs-query.ts";
import { runsStrings } from "./strings.ts";

export interface BulkOrder {
  readonly action: BulkAction;
  readonly target: BulkTarget;
}

/** Says how many runs an action would change and which it passes over, does it, and says what was done. */
export function BulkDialog(props: { readonly order: BulkOrder; readonly onClose: () => void }) {
  const { order, onClose } = props;
  const say = useStrings(runsStrings);
  const [answer, setAnswer] = useState<BulkAnswer | null>(null);
  const plan = useQuery({
    queryKey: ["runs-bulk-plan", order],
    queryFn: ({ signal }) => planOf(order.action, order.target, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const title = say(order.action === "retry" ? "retryTitle" : "cancelTitle");
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      {answer !== null ? (
        <BulkResult action={order.action} answer={answer} onClose={onClose} />
      ) : plan.data !== undefined ? (
        <Confirm action={order.action} plan={plan.data} onDone={setAnswer} onClose={onClose} />
      ) : plan.error instanceof Problem ? (
        <Failure problem={plan.error} again={() => void plan.refetch()} />
      ) : (
        <p role="status">{say("counting")}</p>
      )}
    </Dialog>
  );
}

interface ConfirmProps {
  readonly action: BulkAction;
  readonly plan: BulkPlan;
  readonly onDone: (answer: BulkAnswer) => void;
  readonly onClose: () => void;
}

function Confirm({ action, plan, onDone, onClose }: ConfirmProps) {
  const say = useStrings(runsStrings);
  const [reason, setReason] = useState("");
  const change = useChange<void, BulkAnswer>(() => ({
    method: "POST",
    path: "/runs/bulk",
    body: { action, filter: plan.filter, ...(reason === "" ? {} : { reason }) },
  }));
  const isRetry = action === "retry";
  const { count } = plan;
  const go = async (): Promise<void> => {
    try {
      const answer = await change.send();
      toast(say(isRetry ? "doneRetry" : "doneCancel", { count: answer.done ?? 0 }));
      onDone(answer);
    } catch {
      // The dialog shows why.
    }
  };
  return (
    <div class="grid gap-3">
      <FormProblem problem={change.problem} />
      <PlanText action={action} plan={plan} />
      {!isRetry && count > 0 && (
        <Field label={say("reason")} hint={say("reasonHint")}>
          {(control) => (
            <TextInput
              {...control}
              value={reason}
              maxLength={200}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      <div class="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{say(count > 0 ? "keep" : "close")}</Button>
        {count > 0 && (
          <Button
            look={isRetry ? "primary" : "danger"}
            disabled={change.isPending}
            onClick={() => void go()}
          >
            {say(isRetry ? "doRetry" : "doCancel", { count })}
          </Button>
        )}
      </div>
    </div>
  );
}

const SAMPLE_SHOWN = 8;

function PlanText({ action, plan }: { readonly action: BulkAction; readonly plan: BulkPlan }) {
  const say = useStrings(runsStrings);
  const { count, skipped, steps, sample } = plan;
  const isRetry = action === "retry";
  const skipText =
    plan.filter !== null && "ids" in plan.filter ? "skipNotEnded" : "skipNotEndedOrGood";
  return (
    <>
      <p class="text-base font-medium">
        {count === 0 ? say("nothingToDo") : say(isRetry ? "willRetry" : "willCancel", { count })}
      </p>
      <ul class="list-disc pl-5 text-muted empty:hidden">
        {skipped > 0 && (
          <li>
            {plan.isSkippedMore && "≥ "}
            {say(isRetry ? skipText : "skipEnded", { count: skipped })}
          </li>
        )}
        {steps > 0 && <li>{say("skipSteps", { count: steps })}</li>}
        {plan.isMore && <li>{say("isMore", { count })}</li>}
      </ul>
      <Sample runs={sample} />
    </>
  );
}

function Sample({ runs }: { readonly runs: readonly RunJson[] }) {
  const say = useStrings(runsStrings);
  if (runs.length === 0) return null;
  return (
    <div>
      <p class="text-xs text-muted">{say("sample")}</p>
      <ul>
        {runs.slice(0, SAMPLE_SHOWN).map((run) => (
          <li key={run.id} class="flex items-center gap-2 py-0.5">
            <Status state={run.state} />
            <span class="min-w-0 truncate">{runNameOf(run)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
