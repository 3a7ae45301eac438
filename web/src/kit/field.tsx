import {
  createElement,
  type ComponentChildren,
  type HTMLAttributes,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from "preact";
import { useId } from "preact/compat";
import type { FieldFault, Problem } from "../api/problem.ts";
import { useStrings } from "../i18n/strings.ts";
import { kitStrings } from "./strings.ts";

const BOX =
  "w-full rounded-md border border-line-strong/60 bg-surface px-2 py-1 min-h-8 text-sm text-text " +
  "placeholder:text-muted aria-invalid:border-bad";

/** What a control within a field must carry, so that its label, hint and fault belong to it. */
export interface ControlProps {
  readonly id: string;
  readonly "aria-describedby"?: string;
  readonly "aria-invalid"?: boolean;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** What is wrong with it, from `faultAt`. */
  readonly fault?: string | undefined;
  readonly isRequired?: boolean;
  readonly children: (control: ControlProps) => ComponentChildren;
}

/** A labelled control with a hint, and with the fault beside it when there is one. */
export function Field({ label, hint, fault, isRequired = false, children }: FieldProps) {
  const say = useStrings(kitStrings);
  const id = useId();
  const described = [
    hint === undefined ? "" : `${id}-hint`,
    fault === undefined ? "" : `${id}-fault`,
  ];
  const describedBy = described.filter((text) => text !== "").join(" ");
  return (
    <div class="min-w-0">
      <label for={id} class="mb-1 block font-medium">
        {label}
        {isRequired && <span class="ml-1 text-xs font-normal text-muted">({say("required")})</span>}
      </label>
      {children({
        id,
        ...(describedBy === "" ? {} : { "aria-describedby": describedBy }),
        ...(fault === undefined ? {} : { "aria-invalid": true }),
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} class="mt-1 text-xs text-muted">
          {hint}
        </p>
      )}
      {fault !== undefined && (
        <p id={`${id}-fault`} class="mt-1 text-xs text-bad">
          {fault}
        </p>
      )}
    </div>
  );
}

interface TextInputProps extends Omit<HTMLAttributes<HTMLInputElement>, "type" | "class"> {
  readonly class?: string;
  readonly type?:
    | "text"
    | "password"
    | "search"
    | "number"
    | "date"
    | "time"
    | "datetime-local"
    | "url";
  readonly value: string | number;
  readonly name?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly readOnly?: boolean;
  readonly autocomplete?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly min?: string | number;
  readonly max?: string | number;
  readonly step?: string | number;
  /** The id of a list of suggestions. */
  readonly list?: string;
}

/** A line of text. Preact's own type of an input depends on its `type`, which callers choose at run time. */
export function TextInput({ class: more = "", ...rest }: TextInputProps) {
  const look = `${BOX} ${more}`;
  return createElement("input", { type: "text", autocomplete: "off", ...rest, class: look });
}

type TextAreaProps = Omit<TextareaHTMLAttributes, "class"> & { readonly class?: string };

/** Several lines of text, such as JSON. */
export function TextArea({ class: more = "", ...rest }: TextAreaProps) {
  return <textarea rows={4} spellcheck={false} class={`${BOX} font-mono ${more}`} {...rest} />;
}

type SelectProps = Omit<SelectHTMLAttributes, "class" | "role" | "size" | "multiple"> & {
  readonly class?: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
};

export function Select({ options, class: more = "", value, ...rest }: SelectProps) {
  return (
    <select class={`${BOX} ${more}`} value={value} {...rest}>
      {options.map((option) => (
        <option key={option.value} value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** A box that is ticked or not, with its label behind it. */
export function Checkbox(props: {
  readonly label: ComponentChildren;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
  readonly isDisabled?: boolean;
}) {
  return (
    <label class="inline-flex min-h-8 items-center gap-2">
      <input
        type="checkbox"
        checked={props.isChecked}
        disabled={props.isDisabled ?? false}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}

/** The fault at a place of the body that was sent, or anywhere below it. */
export function faultAt(problem: Problem | null, pointer: string): string | undefined {
  const fits = (fault: FieldFault): boolean =>
    fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`);
  return problem?.faults.find(fits)?.message;
}

/** What a refused form says above its fields: everything that is wrong, whether or not it has a field here. */
export function FormProblem({ problem }: { readonly problem: Problem | null }) {
  const say = useStrings(kitStrings);
  if (problem === null) return null;
  return (
    <div role="alert" class="rounded-md border border-bad/40 bg-bad-ground px-3 py-2 text-bad">
      <p class="font-medium">{problem.message}</p>
      {problem.hint !== "" && <p>{problem.hint}</p>}
      {problem.faults.length > 0 && (
        <>
          <p class="mt-1">{say("mendThese")}</p>
          <ul class="list-disc pl-5">
            {problem.faults.map(({ pointer, message }) => (
              <li key={`${pointer} ${message}`}>
                <code>{pointer === "" ? "/" : pointer}</code> {message}
              </li>
            ))}
          </ul>
        </>
      )}
      {problem.requestId !== null && (
        <p class="mt-1 text-xs">
          {say("requestId")} <code>{problem.requestId}</code>
        </p>
      )}
    </div>
  );
}
