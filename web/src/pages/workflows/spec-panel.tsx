import { useStrings } from "../../i18n/strings.ts";
import { TextLink } from "../../kit/button.tsx";
import { graphStrings, kindKey } from "./graph-strings.ts";
import { kindOf } from "./graph-model.ts";
import { SidePanel } from "./side-panel.tsx";
import { addressOf } from "./workflow-actions.ts";
import type { StepSpecJson } from "./workflow-shapes.ts";
import { workflowStrings } from "./strings.ts";
import { useDefinitionText } from "./use-definition-text.ts";
import { useMemo } from "preact/compat";
import type { Json } from "../../../../src/core/json.ts";

/** A step of a definition, as it was said. */
export function SpecPanel(props: { readonly step: StepSpecJson; readonly onClose: () => void }) {
  const say = useStrings(graphStrings);
  const sayAll = useStrings(workflowStrings);
  const { step, onClose } = props;
  // It came as JSON, and is JSON again.
  const said = useMemo((): Json => JSON.parse(JSON.stringify(step)), [step]);
  const text = useDefinitionText(said, "yaml");
  return (
    <SidePanel
      title={step.name}
      beside={<span class="mt-0.5 text-xs text-muted">{say(kindKey(kindOf(step)))}</span>}
      onClose={onClose}
    >
      {step.workflow !== undefined && (
        <p class="mb-2">
          <TextLink href={addressOf(step.workflow)}>{step.workflow}</TextLink>
        </p>
      )}
      <pre
        tabIndex={0}
        role="region"
        aria-label={sayAll("definitionOf", { name: step.name })}
        class="max-h-[60vh] overflow-auto rounded-md border border-line bg-ground p-2 font-mono text-xs whitespace-pre"
      >
        {text ?? ""}
      </pre>
    </SidePanel>
  );
}
