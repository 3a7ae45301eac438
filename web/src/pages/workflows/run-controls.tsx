import { MoreHorizontal } from "lucide-react";
import { useState } from "preact/compat";
import { useChange } from "../../api/use-api.ts";
import type { WorkflowRunFullJson, WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Menu } from "../../kit/menu.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { ActionDialog, type Action } from "./action-dialog.tsx";
import { useRunActions } from "./run-actions.ts";
import { runStrings } from "./run-strings.ts";

/** What may be done to a workflow run in its state, by whoever may. */
export function RunControls({ run }: { readonly run: WorkflowRunFullJson }) {
  const say = useStrings(runStrings);
  const sayKit = useStrings(kitStrings);
  const [action, setAction] = useState<Action<WorkflowRunJson> | null>(null);
  const acts = useRunActions(run);
  const mayAct = useMay("operator");
  const isEnded = run.endedAt !== null;
  const isPausable = run.state === "running" || run.state === "waiting";
  const copyLink = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      toast(sayKit("copied"));
    } catch (error) {
      toastFailure(error);
    }
  };
  const link = { label: say("copyLink"), onSelect: () => void copyLink() };
  return (
    <>
      {mayAct && run.pausedAt !== null && !isEnded && <ResumeButton id={run.id} />}
      {mayAct && isPausable && run.pausedAt === null && (
        <Button onClick={() => setAction(acts.pause)}>{say("pause")}</Button>
      )}
      {mayAct && !isEnded && (
        <Button look="danger" onClick={() => setAction(acts.cancel)}>
          {say("cancel")}
        </Button>
      )}
      {mayAct && isEnded && run.state !== "succeeded" && (
        <Button look="primary" onClick={() => setAction(acts.retry)}>
          {say("retryFailed")}
        </Button>
      )}
      {mayAct && <Button onClick={() => setAction(acts.rerun)}>{say("rerun")}</Button>}
      <Menu
        trigger={<MoreHorizontal size={16} />}
        label={sayKit("actions")}
        items={
          mayAct && !isEnded
            ? [{ label: say("sendEvent"), onSelect: () => setAction(acts.event) }, link]
            : [link]
        }
      />
      <ActionDialog action={action} onClose={() => setAction(null)} />
    </>
  );
}

function ResumeButton({ id }: { readonly id: string }) {
  const say = useStrings(runStrings);
  const resume = useChange<null, WorkflowRunJson>(() => ({
    method: "POST",
    path: `/workflow-runs/${id}/resume`,
    body: {},
  }));
  const go = async (): Promise<void> => {
    try {
      await resume.send(null);
      toast(say("resumed"));
    } catch (error) {
      toastFailure(error);
    }
  };
  return (
    <Button look="primary" disabled={resume.isPending} onClick={() => void go()}>
      {say("resume")}
    </Button>
  );
}
