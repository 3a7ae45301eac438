import { useId, useRef, useState } from "preact/compat";
import { useStrings } from "../../i18n/strings.ts";
import { Button, ButtonLink } from "../../kit/button.tsx";
import { ConflictDialog } from "../../kit/conflict.tsx";
import { faultAt, Field, FormProblem, TextInput } from "../../kit/field.tsx";
import { Card } from "../../kit/layout.tsx";
import { toast } from "../../kit/toast.tsx";
import { instantText } from "../../kit/time.tsx";
import { useZone } from "../../shell/zone.ts";
import { CheckResult } from "./check-result.tsx";
import { textOf } from "./definition-text.ts";
import { editStrings } from "./edit-strings.ts";
import { EXAMPLES, type ExampleKey } from "./examples.ts";
import { FormatChoice } from "./format-choice.tsx";
import { lineOf, parsedText } from "./parsed-text.ts";
import { PreviewGraph } from "./preview-graph.tsx";
import { stepsByName, stepsInOrder } from "./steps-by-name.ts";
import { TextEditor, type TextEditorHandle } from "./text-editor.tsx";
import { useCheckedText, type CheckedText } from "./use-checked-text.ts";
import { useDefinitionForm, type Begin, type DefinitionForm } from "./use-definition-form.ts";
import { useDefinitionSave } from "./use-definition-save.ts";
import { addressOf } from "./workflow-actions.ts";

/** Edits a definition as a text, with its graph beside it, and saves it. */
export function DefinitionEditor(begin: Begin) {
  const form = useDefinitionForm(begin);
  return form === null ? null : <Editor form={form} workflow={begin.workflow} />;
}

interface EditorProps {
  readonly form: DefinitionForm;
  readonly workflow: string | null;
}

function Editor({ form, workflow }: EditorProps) {
  const say = useStrings(editStrings);
  const checked = useCheckedText(form.name, form.text, form.format);
  const save = useDefinitionSave(workflow, form);
  const [isUnread, setUnread] = useState(false);
  const editor = useRef<TextEditorHandle>(null);
  const goTo = (offset: number): void => editor.current?.goTo(offset);
  const onSave = async (): Promise<void> => {
    const { value } = await parsedText(form.text, form.format, "");
    setUnread(value === null);
    if (value !== null) await save.save(withoutName(value, workflow));
  };
  return (
    <div class="flex flex-col gap-4">
      <DraftNotice form={form} />
      {workflow === null && <NewHead form={form} fault={faultAt(save.problem, "/name")} />}
      <div class="grid gap-4 xl:grid-cols-2">
        <TextCard form={form} checked={checked} editor={editor} />
        <div class="flex min-w-0 flex-col gap-4">
          <Card title={say("checks")}>
            <CheckResult checked={checked} onGoTo={goTo} />
          </Card>
          <Card title={say("preview")}>
            <Preview checked={checked} onGoTo={goTo} />
          </Card>
        </div>
      </div>
      <div class="sticky bottom-14 z-10 rounded-lg border border-line bg-raised p-2 sm:bottom-2">
        {(save.problem !== null || isUnread) && (
          <div class="mb-2 max-h-44 overflow-y-auto">
            <FormProblem problem={save.problem} />
            {isUnread && (
              <p role="alert" class="text-bad">
                {say("mendFirst")}
              </p>
            )}
          </div>
        )}
        <div class="flex justify-end gap-2">
          <ButtonLink href={workflow === null ? "/workflows" : addressOf(workflow)}>
            {say("cancel")}
          </ButtonLink>
          <Button look="primary" disabled={save.isPending} onClick={() => void onSave()}>
            {say(workflow === null ? "create" : "save")}
          </Button>
        </div>
      </div>
      {save.conflict !== null && (
        <ConflictDialog
          base={stepsByName(save.conflict.base)}
          mine={stepsByName(save.conflict.mine)}
          theirs={stepsByName(save.conflict.theirs)}
          onResolve={(merged) => void save.resolve(stepsInOrder(merged))}
          onClose={() => save.dismiss()}
        />
      )}
    </div>
  );
}

/** The name of a new workflow is said above the text; in the text it may be repeated. */
function withoutName<T extends { readonly [key: string]: unknown }>(
  value: T,
  workflow: string | null,
): T | Omit<T, "name"> {
  if (workflow !== null) return value;
  const { name: _, ...rest } = value;
  return rest;
}

function Preview(props: {
  readonly checked: CheckedText;
  readonly onGoTo: (offset: number) => void;
}) {
  const { parsed } = props.checked;
  // While the text cannot be read, the last graph stays.
  const last = useRef(parsed);
  if (parsed !== null && parsed.value !== null) last.current = parsed;
  const shown = last.current;
  if (shown === null || shown.value === null) return <div class="min-h-24" />;
  return (
    <PreviewGraph
      value={shown.value}
      onSelect={(place) => props.onGoTo(shown.offsetOf(`/steps/${place}/name`))}
    />
  );
}

function TextCard(props: {
  readonly form: DefinitionForm;
  readonly checked: CheckedText;
  readonly editor: { current: TextEditorHandle | null };
}) {
  const say = useStrings(editStrings);
  const { form, checked, editor } = props;
  const hintId = useId();
  const badLines = new Set(checked.faults.map(({ offset }) => lineOf(checked.text, offset)));
  return (
    <Card
      title={say("definition")}
      actions={
        <FormatChoice format={form.format} onChange={(format) => void form.switchFormat(format)} />
      }
    >
      <TextEditor
        ref={editor}
        label={say("definition")}
        describedBy={hintId}
        text={form.text}
        onText={(text) => form.setText(text)}
        badLines={[...badLines]}
      />
      <p id={hintId} class="mt-1 text-xs text-muted">
        {say("definitionHint")}
      </p>
    </Card>
  );
}

function DraftNotice({ form }: { readonly form: DefinitionForm }) {
  const say = useStrings(editStrings);
  const zone = useZone();
  if (form.draftAt === null) return null;
  return (
    <p class="flex flex-wrap items-center gap-2 rounded-md bg-warn-ground px-3 py-2 text-warn">
      {say("unsaved", { at: instantText(form.draftAt, zone) })}
      <Button onClick={() => void form.discard()}>{say("discard")}</Button>
    </p>
  );
}

/** What only a new workflow has: its name, and examples to begin with. */
function NewHead(props: { readonly form: DefinitionForm; readonly fault: string | undefined }) {
  const say = useStrings(editStrings);
  const { form, fault } = props;
  const begin = async (key: ExampleKey): Promise<void> => {
    const { text } = form;
    form.setText(await textOf(EXAMPLES[key], form.format));
    toast(say("replaced"), { label: say("discard"), run: () => form.setText(text) });
  };
  return (
    <Card>
      <div class="flex flex-wrap items-start gap-4">
        <div class="w-72 max-w-full">
          <Field label={say("name")} hint={say("nameHint")} isRequired fault={fault}>
            {(control) => (
              <TextInput
                {...control}
                value={form.name}
                onInput={(event) => form.setName(event.currentTarget.value)}
              />
            )}
          </Field>
        </div>
        <div role="group" aria-label={say("beginWith")}>
          <p class="mb-1 font-medium">{say("beginWith")}</p>
          <div class="flex flex-wrap gap-2">
            {EXAMPLE_KEYS.map((key) => (
              <Button key={key} onClick={() => void begin(key)}>
                {say(key)}
              </Button>
            ))}
          </div>
        </div>
      </div>
    </Card>
  );
}

const EXAMPLE_KEYS: readonly ExampleKey[] = ["linear", "fan", "map", "approval", "nested"];
