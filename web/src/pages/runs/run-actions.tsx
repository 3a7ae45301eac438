import { Copy } from "lucide-react";
import { useState } from "preact/compat";
import { useLocation } from "wouter";
import type { RunJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { Menu } from "../../kit/menu.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useMay } from "../../shell/me.ts";
import { CancelDialog } from "./cancel-dialog.tsx";
import { curlOf } from "./curl.ts";
import { RetryDialog } from "./retry-dialog.tsx";
import { hasEnded } from "./run-states.ts";
import { actStrings } from "./act-strings.ts";

/** What can be done to a run, as far as the viewer may. */
export function RunActions({ run }: { readonly run: RunJson }) {
  const mayAct = useMay("operator");
  return (
    <>
      {mayAct && (hasEnded(run.state) ? <RetryButtons run={run} /> : <CancelButton run={run} />)}
      <CopyMenu run={run} />
    </>
  );
}

function RetryButtons({ run }: { readonly run: RunJson }) {
  const say = useStrings(actStrings);
  const [, navigate] = useLocation();
  const [isOpen, setOpen] = useState(false);
  const retry = useChange<void, RunJson>(() => ({
    method: "POST",
    path: `/runs/${run.id}/retry`,
    body: {},
  }));
  if (run.workflow !== null)
    return (
      <span title={say("stepRetry")}>
        <ButtonLink href={`/workflow-runs/${run.workflow.run}`}>{say("toWorkflowRun")}</ButtonLink>
      </span>
    );
  const shown = (made: RunJson): void => {
    toast(say("retried"));
    navigate(`/runs/${made.id}`);
  };
  return (
    <>
      <Button
        look="primary"
        disabled={retry.isPending}
        {...(run.shards === null ? {} : { title: say("retryShards") })}
        onClick={() => void retry.send().then(shown, toastFailure)}
      >
        {say("retry")}
      </Button>
      <Button onClick={() => setOpen(true)}>{say("retryWith")}</Button>
      {isOpen && <RetryDialog run={run} onDone={shown} onClose={() => setOpen(false)} />}
    </>
  );
}

function CancelButton({ run }: { readonly run: RunJson }) {
  const say = useStrings(actStrings);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="danger" disabled={run.cancelRequestedAt !== null} onClick={() => setOpen(true)}>
        {say("cancel")}
      </Button>
      {isOpen && <CancelDialog run={run} onClose={() => setOpen(false)} />}
    </>
  );
}

function CopyMenu({ run }: { readonly run: RunJson }) {
  const say = useStrings(actStrings);
  const copy = (text: string) => () =>
    void navigator.clipboard.writeText(text).then(() => toast(say("copied")), toastFailure);
  const path = `/runs/${run.id}`;
  const job = encodeURIComponent(run.job);
  const change = hasEnded(run.state)
    ? { label: say("curlRetry"), onSelect: copy(curlOf("POST", `${path}/retry`, {})) }
    : { label: say("curlCancel"), onSelect: copy(curlOf("POST", `${path}/cancel`, {})) };
  const runNow = {
    label: say("curlRunNow"),
    onSelect: copy(curlOf("POST", `/jobs/${job}/runs?wait=30s`, { params: run.params })),
  };
  return (
    <Menu
      label={say("copyMenu")}
      trigger={<Copy size={16} />}
      items={[
        { label: say("copyLink"), onSelect: copy(`${location.origin}${path}`) },
        { label: say("copyId"), onSelect: copy(run.id) },
        { label: say("curlGet"), onSelect: copy(curlOf("GET", path)) },
        ...(run.workflow === null ? [change, runNow] : []),
        { label: say("curlLogs"), onSelect: copy(curlOf("GET", `${path}/logs?follow=1`)) },
      ]}
    />
  );
}
