import { useState } from "preact/compat";
import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import { useChange, type ChangeRequest } from "../../api/use-api.ts";
import type { Problem } from "../../api/problem.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Dialog } from "../../kit/dialog.tsx";
import {
  faultAt,
  Field,
  FormProblem,
  Select,
  TextArea,
  TextInput,
  type ControlProps,
} from "../../kit/field.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { jsonText } from "./json-text.ts";
import { workflowStrings } from "./strings.ts";

/** One thing to say with an action; its key is its place in the body. */
export interface ActionField {
  readonly key: string;
  readonly label: string;
  readonly hint?: string;
  readonly as: "line" | "json" | "object" | "choice";
  readonly initial: string;
  readonly isRequired?: boolean;
  readonly options?: readonly { readonly value: string; readonly label: string }[];
}

/** Something that can be done here: what it is called, what is asked, and the request that does it. */
export interface Action<T> {
  readonly title: string;
  readonly about?: string;
  readonly confirm: string;
  readonly look?: "primary" | "danger";
  readonly fields: readonly ActionField[];
  readonly request: (values: Readonly<Record<string, Json>>) => ChangeRequest;
  readonly onDone: (answer: T) => void;
  /** Another way, offered once the first was refused. */
  readonly otherwise?: {
    readonly label: string;
    readonly fits: (problem: Problem) => boolean;
    readonly request: (values: Readonly<Record<string, Json>>) => ChangeRequest;
  };
}

/** Asks what an action needs, and does it. What was typed stays when it is refused. */
export function ActionDialog<T>(props: {
  readonly action: Action<T> | null;
  readonly onClose: () => void;
}) {
  const { action, onClose } = props;
  if (action === null) return null;
  const about = action.about === undefined ? {} : { about: action.about };
  return (
    <Dialog title={action.title} {...about} isOpen onClose={onClose}>
      <ActionForm action={action} onClose={onClose} />
    </Dialog>
  );
}

function ActionForm<T>(props: { readonly action: Action<T>; readonly onClose: () => void }) {
  const { action, onClose } = props;
  const sayKit = useStrings(kitStrings);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(action.fields.map(({ key, initial }) => [key, initial])),
  );
  const [isAsked, setAsked] = useState(false);
  const faultOf = useFaultOf(texts);
  const change = useChange<ChangeRequest, T>((request) => request);
  const isSound = action.fields.every((field) => faultOf(field) === undefined);
  const send = async (request: Action<T>["request"]): Promise<void> => {
    setAsked(true);
    if (!isSound) return;
    try {
      action.onDone(await change.send(request(valuesOf(action.fields, texts))));
      onClose();
    } catch {
      // The form shows the problem.
    }
  };
  const { otherwise } = action;
  const isOther = change.problem !== null && otherwise?.fits(change.problem) === true;
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void send(action.request);
      }}
    >
      <FormProblem problem={change.problem} />
      {action.fields.map((field) => (
        <ActionInput
          key={field.key}
          field={field}
          text={texts[field.key] ?? ""}
          fault={isAsked ? (faultOf(field) ?? faultAt(change.problem, `/${field.key}`)) : undefined}
          onText={(text) => setTexts({ ...texts, [field.key]: text })}
        />
      ))}
      <div class="flex flex-wrap justify-end gap-2">
        {otherwise !== undefined && isOther && (
          <Button onClick={() => void send(otherwise.request)}>{otherwise.label}</Button>
        )}
        <Button onClick={onClose}>{sayKit("cancel")}</Button>
        <Button look={action.look ?? "primary"} type="submit" disabled={change.isPending}>
          {action.confirm}
        </Button>
      </div>
    </form>
  );
}

interface ActionInputProps {
  readonly field: ActionField;
  readonly text: string;
  readonly fault: string | undefined;
  readonly onText: (text: string) => void;
}

function ActionInput(props: ActionInputProps) {
  const { field, fault } = props;
  const { label, hint, isRequired = false } = field;
  return (
    <Field
      label={label}
      isRequired={isRequired}
      fault={fault}
      {...(hint === undefined ? {} : { hint })}
    >
      {(control) => <ActionControl {...props} control={control} />}
    </Field>
  );
}

function ActionControl(props: ActionInputProps & { readonly control: ControlProps }) {
  const { field, text, onText, control } = props;
  if (field.as === "choice")
    return (
      <Select
        {...control}
        options={field.options ?? []}
        value={text}
        onChange={(event) => onText(event.currentTarget.value)}
      />
    );
  if (field.as === "line")
    return (
      <TextInput {...control} value={text} onInput={(event) => onText(event.currentTarget.value)} />
    );
  return (
    <TextArea
      {...control}
      rows={6}
      value={text}
      onInput={(event) => onText(event.currentTarget.value)}
    />
  );
}

function isJsonField(as: ActionField["as"]): boolean {
  return as === "json" || as === "object";
}

function useFaultOf(texts: Readonly<Record<string, string>>) {
  const say = useStrings(workflowStrings);
  const sayKit = useStrings(kitStrings);
  return ({ key, as, isRequired }: ActionField): string | undefined => {
    const text = texts[key] ?? "";
    if (isRequired === true && text.trim() === "") return sayKit("required");
    if (!isJsonField(as)) return undefined;
    const read = jsonText(text);
    if (!read.isOk) return say("notJson", { why: read.why });
    const isFine = as === "json" || read.value === null || isJsonObject(read.value);
    return isFine ? undefined : say("notObject");
  };
}

/** What was said, by its key. What was left empty is not there. */
function valuesOf(
  fields: readonly ActionField[],
  texts: Readonly<Record<string, string>>,
): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    fields.flatMap(({ key, as }): [string, Json][] => {
      const text = texts[key] ?? "";
      if (text.trim() === "") return [];
      if (!isJsonField(as)) return [[key, text.trim()]];
      const read = jsonText(text);
      return read.isOk ? [[key, read.value]] : [];
    }),
  );
}
