import { useMemo } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { CopyButton } from "../../kit/copy-button.tsx";
import { Card } from "../../kit/layout.tsx";
import { toast, toastFailure } from "../../kit/toast.tsx";
import { useFilters } from "../../url/filters.ts";
import { curlOf, definitionOf, formatOf } from "./definition-text.ts";
import { FormatChoice } from "./format-choice.tsx";
import { workflowStrings } from "./strings.ts";
import { useDefinitionText } from "./use-definition-text.ts";
import type { WorkflowJson } from "./workflow-shapes.ts";

/** The definition as a text, to read and to take away. */
export function WorkflowDefinition({ workflow }: { readonly workflow: WorkflowJson }) {
  const say = useStrings(workflowStrings);
  const [filters, setFilters] = useFilters();
  const format = formatOf(filters["format"]);
  const definition = useMemo(() => definitionOf(workflow), [workflow]);
  const text = useDefinitionText(definition, format);
  const { name } = workflow;
  const copyCurl = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(curlOf(name, definition));
      toast(say("copiedName", { name }));
    } catch (error) {
      toastFailure(error);
    }
  };
  return (
    <Card
      title={say("definition")}
      actions={
        <>
          <FormatChoice format={format} onChange={(chosen) => setFilters({ format: chosen })} />
          <Button onClick={() => void copyCurl()}>{say("copyCurl")}</Button>
          {text !== null && <CopyButton text={text} />}
        </>
      }
    >
      <pre
        tabIndex={0}
        role="region"
        aria-label={say("definitionOf", { name })}
        class="max-h-[70vh] overflow-auto rounded-md border border-line bg-ground p-2 font-mono text-xs whitespace-pre"
      >
        {text ?? ""}
      </pre>
    </Card>
  );
}
