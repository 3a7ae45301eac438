import { useLocation } from "wouter";
import type { Json } from "../../../../src/core/json.ts";
import type { WorkflowRunFullJson, WorkflowRunJson } from "../../api/shapes.ts";
import type { ChangeRequest } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { toast } from "../../kit/toast.tsx";
import type { Action, ActionField } from "./action-dialog.tsx";
import { prettyJson } from "./json-text.ts";
import { runStrings } from "./run-strings.ts";

type RunAction = Action<WorkflowRunJson>;
type Said = Readonly<Record<string, Json>>;

const posted =
  (path: string) =>
  (body: Said): ChangeRequest => ({ method: "POST", path, body });

/** What can be done to a workflow run as a whole. */
export function useRunActions(
  id: string,
): Readonly<Record<"pause" | "cancel" | "retry" | "event", RunAction>> {
  const say = useStrings(runStrings);
  const fields = useFields();
  const base = `/workflow-runs/${id}`;
  return {
    pause: {
      title: say("pause"),
      about: say("pauseAbout"),
      confirm: say("pause"),
      fields: [fields.reason],
      request: posted(`${base}/pause`),
      onDone: () => toast(say("paused")),
    },
    cancel: {
      title: say("cancelRun"),
      about: say("cancelAbout"),
      confirm: say("cancelRun"),
      look: "danger",
      fields: [fields.reason],
      request: posted(`${base}/cancel`),
      onDone: () => toast(say("canceled")),
    },
    retry: {
      title: say("retryFailed"),
      about: say("retryFailedAbout"),
      confirm: say("retryFailed"),
      fields: [],
      request: posted(`${base}/retry`),
      onDone: () => toast(say("retried")),
    },
    event: {
      title: say("sendEvent"),
      about: say("sendEventAbout"),
      confirm: say("sendEvent"),
      fields: [
        { key: "name", label: say("eventName"), as: "line", initial: "", isRequired: true },
        { key: "data", label: say("eventData"), hint: say("jsonHint"), as: "json", initial: "" },
      ],
      request: posted(`${base}/events`),
      onDone: () => toast(say("eventSent")),
    },
  };
}

/** Does a workflow run again, as a new one, and goes to it. */
export function useRerunAction({
  id,
  params,
  workflowVersion: version,
}: Pick<WorkflowRunFullJson, "id" | "params" | "workflowVersion">): RunAction {
  const say = useStrings(runStrings);
  const [, navigate] = useLocation();
  const path = `/workflow-runs/${id}/rerun`;
  const choice = {
    key: "version",
    label: say("whichVersion"),
    initial: "same",
    options: [
      { value: "same", label: say("sameVersion", { version }) },
      { value: "newest", label: say("newestVersion") },
    ],
  };
  return {
    title: say("rerun"),
    about: say("rerunAbout"),
    confirm: say("rerun"),
    fields: [
      { key: "params", label: say("params"), as: "object", initial: prettyJson(params) },
      { ...choice, as: "choice" },
    ],
    request: posted(path),
    onDone: (run) => {
      toast(say("rerunDone"));
      navigate(`/workflow-runs/${run.id}`);
    },
    otherwise: {
      label: say("startAnyway"),
      fits: ({ code }) => code === "workflow_run.overlaps",
      request: posted(`${path}?overlap=allow`),
    },
  };
}

/** What can be done to one step of it. */
export function useStepActions(
  id: string,
  step: string,
): Readonly<Record<"approve" | "reject" | "skip" | "succeed" | "retry", RunAction>> {
  const say = useStrings(runStrings);
  const fields = useFields();
  const base = `/workflow-runs/${id}/steps/${encodeURIComponent(step)}`;
  const at = (act: string) => posted(`${base}/${act}`);
  return {
    approve: {
      title: say("approve"),
      about: say("approveAbout", { step }),
      confirm: say("approve"),
      fields: [fields.note, fields.result],
      request: at("approve"),
      onDone: () => toast(say("approved")),
    },
    reject: {
      title: say("reject"),
      about: say("rejectAbout", { step }),
      confirm: say("reject"),
      look: "danger",
      fields: [fields.note],
      request: at("reject"),
      onDone: () => toast(say("rejected")),
    },
    skip: {
      title: say("skip"),
      about: say("skipAbout", { step }),
      confirm: say("skip"),
      fields: [fields.note],
      request: at("skip"),
      onDone: () => toast(say("skipped")),
    },
    succeed: {
      title: say("succeed"),
      about: say("succeedAbout", { step }),
      confirm: say("succeed"),
      fields: [fields.result, fields.note],
      request: at("succeed"),
      onDone: () => toast(say("succeeded")),
    },
    retry: {
      title: say("retryFrom"),
      about: say("retryFromAbout", { step }),
      confirm: say("retryFrom"),
      fields: [],
      request: at("retry"),
      onDone: () => toast(say("retried")),
    },
  };
}

function useFields(): Readonly<Record<"reason" | "note" | "result", ActionField>> {
  const say = useStrings(runStrings);
  const result = { key: "result", label: say("result"), hint: say("jsonHint"), initial: "" };
  return {
    reason: { key: "reason", label: say("reason"), as: "line", initial: "" },
    note: { key: "note", label: say("note"), as: "line", initial: "" },
    result: { ...result, as: "json" },
  };
}
