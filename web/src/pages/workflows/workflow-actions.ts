import { useLocation } from "wouter";
import { call } from "../../api/client.ts";
import type { WorkflowRunJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { kitStrings } from "../../kit/strings.ts";
import { toast, toastFailure } from "../../kit/toast.tsx";
import type { Action } from "./action-dialog.tsx";
import { definitionOf, textOf, type Format } from "./definition-text.ts";
import { prettyJson } from "./json-text.ts";
import { workflowStrings } from "./strings.ts";
import type { WorkflowJson } from "./workflow-shapes.ts";

type ActedOn = Pick<WorkflowJson, "name" | "version" | "params">;

/** The address of one workflow, in the API and on the pages alike. */
export function addressOf(name: string): string {
  return `/workflows/${encodeURIComponent(name)}`;
}

/** Starts a run of a workflow, of its newest version when none is named, and goes to it. */
export function useRunAction(): (workflow: ActedOn, version?: number) => Action<WorkflowRunJson> {
  const say = useStrings(workflowStrings);
  const [, navigate] = useLocation();
  return ({ name, params }, version) => {
    const body = version === undefined ? {} : { version };
    const path = `${addressOf(name)}/runs`;
    return {
      title: say("runNow", { name }),
      about: version === undefined ? say("runAbout") : say("versionNumber", { version }),
      confirm: say("run"),
      fields: [
        {
          key: "params",
          label: say("params"),
          hint: say("paramsHint"),
          as: "object",
          initial: prettyJson(params),
        },
      ],
      request: (said) => ({ method: "POST", path, body: { ...said, ...body } }),
      onDone: ({ id }) => {
        toast(say("started"));
        navigate(`/workflow-runs/${id}`);
      },
      otherwise: {
        label: say("startAnyway"),
        fits: ({ code }) => code === "workflow_run.overlaps",
        request: (said) => ({
          method: "POST",
          path: `${path}?overlap=allow`,
          body: { ...said, ...body },
        }),
      },
    };
  };
}

/** Deletes a workflow, unless it has changed since it was shown. */
export function useDeleteAction(): (workflow: ActedOn, onGone: () => void) => Action<undefined> {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  return ({ name, version }, onGone) => ({
    title: say("deleteName", { name }),
    about: say("deleteAbout"),
    confirm: sayKit("delete"),
    look: "danger",
    fields: [
      {
        key: "running",
        label: say("runningRuns"),
        as: "choice",
        initial: "finish",
        options: [
          { value: "finish", label: say("finish") },
          { value: "cancel", label: say("cancelRuns") },
        ],
      },
    ],
    request: ({ running }) => ({
      method: "DELETE",
      path: `${addressOf(name)}?running=${running === "cancel" ? "cancel" : "finish"}`,
      ifMatch: `"${version}"`,
    }),
    onDone: () => {
      toast(say("deleted", { name }));
      onGone();
    },
  });
}

/** Copies the definition of a workflow, with its name, to the clipboard. */
export function useCopyDefinition(): (name: string, format: Format) => Promise<void> {
  const say = useStrings(workflowStrings);
  return async (name, format) => {
    try {
      const { body } = await call<WorkflowJson>("GET", addressOf(name));
      const definition = { name: body.name, ...definitionOf(body) };
      await navigator.clipboard.writeText(await textOf(definition, format));
      toast(say("copiedName", { name }));
    } catch (error) {
      toastFailure(error);
    }
  };
}
