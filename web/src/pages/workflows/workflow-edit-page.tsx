import { useMemo, useRef } from "preact/compat";
import { useParams } from "wouter";
import { useApi } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Page } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { DefinitionEditor } from "./definition-editor.tsx";
import { definitionOf } from "./definition-text.ts";
import { editStrings } from "./edit-strings.ts";
import { EXAMPLES } from "./examples.ts";
import { workflowStrings } from "./strings.ts";
import { addressOf } from "./workflow-actions.ts";
import type { WorkflowJson } from "./workflow-shapes.ts";

/** Makes a workflow, beginning with an example. */
export function WorkflowNewPage() {
  const say = useStrings(editStrings);
  const sayAll = useStrings(workflowStrings);
  return (
    <Page title={say("newTitle")} path={[{ label: sayAll("workflows"), href: "/workflows" }]}>
      <DefinitionEditor workflow={null} definition={EXAMPLES.linear} etag={null} />
    </Page>
  );
}

/** Changes a workflow: what is saved is its next version. */
export function WorkflowEditPage() {
  const say = useStrings(editStrings);
  const sayAll = useStrings(workflowStrings);
  const { workflow: name } = useParams<{ readonly workflow: string }>();
  const read = useApi<WorkflowJson>(addressOf(name));
  return (
    <Page
      title={say("editTitle", { name })}
      path={[
        { label: sayAll("workflows"), href: "/workflows" },
        { label: name, href: addressOf(name) },
      ]}
    >
      <Loaded of={read}>
        {(workflow) => <Editing key={name} workflow={workflow} etag={read.etag} />}
      </Loaded>
    </Page>
  );
}

/** What was read first is what is edited, however often it is read again meanwhile. */
function Editing(props: { readonly workflow: WorkflowJson; readonly etag: string | null }) {
  const first = useRef(props);
  const { workflow, etag } = first.current;
  const definition = useMemo(() => definitionOf(workflow), [workflow]);
  return <DefinitionEditor workflow={workflow.name} definition={definition} etag={etag} />;
}
