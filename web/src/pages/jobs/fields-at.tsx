import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/compat";
import type { Json } from "../../../../src/core/json.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Checkbox, Field, Select, TextArea, TextInput } from "../../kit/field.tsx";
import { isSameJson } from "../../kit/json-changes.ts";
import { jsonAt } from "../../kit/json-pointer.ts";
import { useZone } from "../../shell/zone.ts";
import { textIn, useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";
import { instantOfLocal, localOfInstant } from "../../kit/zoned-time.ts";

interface AtProps {
  /** The place in the body that the field reads and writes. */
  readonly at: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly isRequired?: boolean;
}

/** Each field of the form can be found by the place that it writes. */
function At(props: { readonly at: string; readonly children: ComponentChildren }) {
  return (
    <div data-at={props.at} class="min-w-0 scroll-mt-20">
      {props.children}
    </div>
  );
}

interface TextAtProps extends AtProps {
  readonly placeholder?: string;
  /** The id of a list of suggestions. */
  readonly list?: string;
  /** What an empty field writes: nothing, so that the default counts, or null. */
  readonly whenEmpty?: null;
  readonly isDisabled?: boolean;
}

/** A line of text, such as a name, a length of time, a pattern. */
export function TextAt(props: TextAtProps) {
  const { at, label, hint, isRequired = false, whenEmpty, list, placeholder } = props;
  const { draft, set, faultAt } = useJobForm();
  return (
    <At at={at}>
      <Field
        label={label}
        fault={faultAt(at)}
        isRequired={isRequired}
        {...(hint === undefined ? {} : { hint })}
      >
        {(control) => (
          <TextInput
            {...control}
            value={textIn(draft, at)}
            disabled={props.isDisabled ?? false}
            {...(list === undefined ? {} : { list })}
            {...(placeholder === undefined ? {} : { placeholder })}
            onInput={(event) => {
              const text = event.currentTarget.value;
              set(at, text === "" ? whenEmpty : text);
            }}
          />
        )}
      </Field>
    </At>
  );
}

/** A number; an empty field writes null or nothing. */
export function NumberAt(
  props: AtProps & {
    readonly whenEmpty?: null;
    readonly placeholder?: string;
    readonly min?: number;
    readonly step?: number | "any";
  },
) {
  const { at, label, hint, whenEmpty, placeholder, min, step = 1 } = props;
  const { draft, set, faultAt } = useJobForm();
  return (
    <At at={at}>
      <Field label={label} fault={faultAt(at)} {...(hint === undefined ? {} : { hint })}>
        {(control) => (
          <TextInput
            {...control}
            type="number"
            step={step}
            {...(min === undefined ? {} : { min })}
            {...(placeholder === undefined ? {} : { placeholder })}
            value={textIn(draft, at)}
            onInput={(event) => {
              const text = event.currentTarget.value;
              set(at, text === "" ? whenEmpty : Number(text));
            }}
          />
        )}
      </Field>
    </At>
  );
}

/** One of some values, each of which may have a sentence of its own. */
export function SelectAt(
  props: AtProps & {
    readonly options: readonly { readonly value: string; readonly label: string }[];
    /** What counts where the body says nothing. */
    readonly usual?: string;
  },
) {
  const { at, label, hint, options, usual = "", isRequired = false } = props;
  const { draft, set, faultAt } = useJobForm();
  const said = textIn(draft, at);
  const value = said === "" ? usual : said;
  const isKnown = options.some((option) => option.value === value);
  return (
    <At at={at}>
      <Field
        label={label}
        fault={faultAt(at)}
        isRequired={isRequired}
        {...(hint === undefined ? {} : { hint })}
      >
        {(control) => (
          <Select
            {...control}
            value={value}
            options={isKnown ? options : [{ value, label: value }, ...options]}
            onChange={(event) => set(at, event.currentTarget.value)}
          />
        )}
      </Field>
    </At>
  );
}

/** Yes or no. */
export function CheckAt({ at, label }: Pick<AtProps, "at" | "label">) {
  const { draft, set } = useJobForm();
  return (
    <At at={at}>
      <Checkbox
        label={label}
        isChecked={jsonAt(draft, at) === true}
        onChange={(isChecked) => set(at, isChecked)}
      />
    </At>
  );
}

/** Any JSON. What is typed stays as it is typed; while it is no JSON, the field says so and writes nothing. */
export function JsonAt(
  props: AtProps & { readonly rows?: number; readonly whenEmpty?: Json; readonly isList?: boolean },
) {
  const { at, label, hint, rows = 4, whenEmpty } = props;
  const say = useStrings(formStrings);
  const { draft, set, setUnread, faultAt } = useJobForm();
  const value = jsonAt(draft, at);
  const [text, setText] = useState(() => shownText(value));
  useEffect(() => {
    // The value came from elsewhere, such as the JSON tab.
    if (!isSameJson(parsed(text)?.value ?? whenEmpty, value)) setText(shownText(value));
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- The text is what this compares with.
  }, [value]);
  useEffect(() => () => setUnread(at, null), [at, setUnread]);
  const type = (next: string): void => {
    setText(next);
    const read = parsed(next);
    if (next.trim() === "") set(at, whenEmpty);
    else if (read !== null) set(at, read.value);
    setUnread(at, next.trim() === "" || read !== null ? null : say("notJson"));
  };
  return (
    <At at={at}>
      <Field label={label} fault={faultAt(at)} {...(hint === undefined ? {} : { hint })}>
        {(control) => (
          <TextArea
            {...control}
            rows={rows}
            value={text}
            onInput={(event) => type(event.currentTarget.value)}
          />
        )}
      </Field>
    </At>
  );
}

/** An instant, typed as wall time in the zone of the pages. */
export function InstantAt(props: AtProps & { readonly zone?: string; readonly whenEmpty?: null }) {
  const { at, label, isRequired = false, whenEmpty } = props;
  const say = useStrings(formStrings);
  const pageZone = useZone();
  const zone = props.zone ?? pageZone;
  const { draft, set, faultAt } = useJobForm();
  const instant = textIn(draft, at);
  return (
    <At at={at}>
      <Field
        label={label}
        hint={say("inZone", { zone })}
        fault={faultAt(at)}
        isRequired={isRequired}
      >
        {(control) => (
          <TextInput
            {...control}
            type="datetime-local"
            step={1}
            value={instant === "" ? "" : localOfInstant(instant, zone)}
            onInput={(event) => {
              const next = instantOfLocal(event.currentTarget.value, zone);
              set(at, next ?? whenEmpty);
            }}
          />
        )}
      </Field>
    </At>
  );
}

/** Short texts, separated by commas. */
export function ListAt({ at, label, hint }: AtProps) {
  const { draft, set, faultAt } = useJobForm();
  const value = jsonAt(draft, at);
  const list = Array.isArray(value) ? value.map(String) : [];
  const [text, setText] = useState(list.join(", "));
  const joined = list.join(", ");
  useEffect(() => {
    if (partsOf(text).join(", ") !== joined) setText(joined);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- The text is what this compares with.
  }, [joined]);
  return (
    <At at={at}>
      <Field label={label} fault={faultAt(at)} {...(hint === undefined ? {} : { hint })}>
        {(control) => (
          <TextInput
            {...control}
            value={text}
            onInput={(event) => {
              setText(event.currentTarget.value);
              set(at, partsOf(event.currentTarget.value));
            }}
          />
        )}
      </Field>
    </At>
  );
}

/** The texts between commas, without those that are empty. */
export function partsOf(text: string): readonly string[] {
  return text
    .split(/[,，]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function shownText(value: Json | undefined): string {
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

function parsed(text: string): { readonly value: Json } | null {
  try {
    const value: Json = JSON.parse(text);
    return { value };
  } catch {
    return null;
  }
}
