import type { ComponentChildren } from "preact";
import type { Problem } from "../api/problem.ts";
import { Button } from "./button.tsx";
import { Field, faultAt, FormProblem, TextInput } from "./field.tsx";

interface FormProps {
  readonly problem: Problem | null;
  readonly isPending: boolean;
  readonly submitLabel: string;
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/** A form of one column: what was refused at the top, then the fields, then the one button that sends it. */
export function Form({ problem, isPending, submitLabel, onSubmit, children }: FormProps) {
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <FormProblem problem={problem} />
      {children}
      <Button look="primary" type="submit" disabled={isPending} class="self-start">
        {submitLabel}
      </Button>
    </form>
  );
}

/** One line of text of a form. `key` is its name in the body that is sent. */
export interface TextFieldSpec {
  readonly key: string;
  readonly label: string;
  readonly value: string;
  readonly set: (text: string) => void;
  readonly hint?: string;
  readonly isRequired?: boolean;
  readonly type?: "text" | "password";
  readonly autocomplete?: string;
}

/** Lines of text, each with the fault that the server found in it. */
export function TextFields(props: {
  readonly fields: readonly TextFieldSpec[];
  readonly problem: Problem | null;
}) {
  return (
    <>
      {props.fields.map((field) => (
        <Field
          key={field.key}
          label={field.label}
          fault={faultAt(props.problem, `/${field.key}`)}
          isRequired={field.isRequired ?? false}
          {...(field.hint === undefined ? {} : { hint: field.hint })}
        >
          {(control) => (
            <TextInput
              {...control}
              type={field.type ?? "text"}
              name={field.key}
              autocomplete={field.autocomplete ?? "off"}
              required={field.isRequired ?? false}
              value={field.value}
              onInput={(event) => field.set(event.currentTarget.value)}
            />
          )}
        </Field>
      ))}
    </>
  );
}
