import { useState } from "preact/compat";
import { useLocation } from "wouter";
import type { Json } from "../../../../src/core/json.ts";
import { call } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import { useChange, type ChangeRequest } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { definitionOf } from "./definition-text.ts";
import { editStrings } from "./edit-strings.ts";
import type { DefinitionForm } from "./use-definition-form.ts";
import { addressOf } from "./workflow-actions.ts";
import type { WorkflowJson } from "./workflow-shapes.ts";

type Definition = { readonly [key: string]: Json };

/** What somebody else has saved meanwhile, and what was to be saved here. */
export interface Conflict {
  readonly base: Definition;
  readonly mine: Definition;
  readonly theirs: Definition;
  readonly etag: string | null;
}

export interface DefinitionSave {
  readonly problem: Problem | null;
  readonly isPending: boolean;
  readonly conflict: Conflict | null;
  save(definition: Definition): Promise<void>;
  /** Saves what came of the conflict over what is there now. */
  resolve(merged: Definition): Promise<void>;
  dismiss(): void;
}

/** Saves a definition: as a new workflow, or over the version that it began with. */
export function useDefinitionSave(workflow: string | null, form: DefinitionForm): DefinitionSave {
  const say = useStrings(editStrings);
  const [, navigate] = useLocation();
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const change = useChange<ChangeRequest, WorkflowJson>((request) => request);
  const requestOf = (body: Definition, etag: string | null): ChangeRequest =>
    workflow === null
      ? { method: "POST", path: "/workflows", body: { ...body, name: form.name } }
      : { method: "PUT", path: addressOf(workflow), body, ifMatch: etag };
  const send = async (body: Definition, etag: string | null): Promise<void> => {
    try {
      const { name, version } = await change.send(requestOf(body, etag));
      form.forget();
      toast(workflow === null ? say("created", { name }) : say("saved", { version }));
      navigate(addressOf(name));
    } catch (error) {
      const isConflict = error instanceof Problem && error.code === "version.conflict";
      if (isConflict && workflow !== null) await openConflict(workflow, body);
    }
  };
  const openConflict = async (name: string, mine: Definition): Promise<void> => {
    try {
      const { body, etag } = await call<WorkflowJson>("GET", addressOf(name));
      setConflict({ base: form.base, mine, theirs: definitionOf(body), etag });
    } catch (error) {
      toastFailure(error);
    }
  };
  return {
    problem: change.problem?.code === "version.conflict" ? null : change.problem,
    isPending: change.isPending,
    conflict,
    save: (definition) => send(definition, form.etag),
    resolve: async (merged) => {
      const etag = conflict?.etag ?? null;
      setConflict(null);
      await form.take(merged, etag);
      await send(merged, etag);
    },
    dismiss: () => setConflict(null),
  };
}
