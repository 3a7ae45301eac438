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
import { useRerunAction, useRunActions } from "./run-actions.ts";
import { runStrings } from "./run-strings.ts";

type Ask = (action: Action<WorkflowRunJson>) => void;

/** What may be done to a workflow run in its state, by whoever may. */
export function RunControls({ run }: { readonly run: WorkflowRunFullJson }) {
  const sayKit = useStrings(kitStrings);
  const say = useStrings(runStrings);
  const [action, setAction] = useState<Action<WorkflowRunJson> | null>(null);
  const { event } = useRunActions(run.id);
  const mayAct = useMay("operator");
  const isEnded = run.endedAt !== null;
  const copyLink = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      toast(sayKit("copied"));
    } catch (error) {
      toastFailure(error);
    }
  };
  const link = { label: say("copyLink"), onSelect: () => void copyLink() };
  const send = { label: say("sendEvent"), onSelect: () => setAction(event) };
  return (
    <>
      {mayAct && !isEnded && <LiveControls run={run} ask={setAction} />}
      {mayAct && isEnded && <EndedControls run={run} ask={setAction} />}
      <Menu
        trigger={<MoreHorizontal size={16} />}
        label={sayKit("actions")}
        items={mayAct && !isEnded ? [send, link] : [link]}
      />
      <ActionDialog action={action} onClose={() => setAction(null)} />
    </>
  );
}

function LiveControls({ run, ask }: { readonly run: WorkflowRunFullJson; readonly ask: Ask }) {
  const say = useStrings(runStrings);
  const { pause, cancel } = useRunActions(run.id);
  const rerun = useRerunAction(run);
  const isPausable = run.state === "running" || run.state === "waiting";
  return (
    <>
      {run.pausedAt !== null && <ResumeButton id={run.id} />}
      {run.pausedAt === null && isPausable && (
        <Button onClick={() => ask(pause)}>{say("pause")}</Button>
      )}
      <Button look="danger" onClick={() => ask(cancel)}>
        {say("cancel")}
      </Button>
      <Button onClick={() => ask(rerun)}>{say("rerun")}</Button>
    </>
  );
}

function EndedControls({ run, ask }: { readonly run: WorkflowRunFullJson; readonly ask: Ask }) {
  const say = useStrings(runStrings);
  const { retry } = useRunActions(run.id);
  const rerun = useRerunAction(run);
  return (
    <>
      {run.state !== "succeeded" && (
        <Button look="primary" onClick={() => ask(retry)}>
          {say("retryFailed")}
        </Button>
      )}
      <Button onClick={() => ask(rerun)}>{say("rerun")}</Button>
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
