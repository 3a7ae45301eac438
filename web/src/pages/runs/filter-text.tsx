import { useEffect, useState } from "preact/compat";
import { Field, TextInput } from "../../kit/field.tsx";

const PAUSE_MS = 350;

interface FilterTextProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly fault?: string | undefined;
  readonly placeholder?: string;
  /** Values to choose from. */
  readonly choices?: readonly string[];
  /** Called with what has been typed so far. */
  readonly onTyped?: (draft: string) => void;
}

/** A filter that is typed: it takes effect after a pause, or with Enter. */
export function FilterText(props: FilterTextProps) {
  const { label, value, onChange, hint, fault, placeholder = "", choices, onTyped } = props;
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  useEffect(() => {
    if (draft === value) return undefined;
    const timer = setTimeout(() => onChange(draft.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  const type = (text: string): void => {
    setDraft(text);
    onTyped?.(text);
  };
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })} fault={fault}>
      {(control) => (
        <>
          <TextInput
            {...control}
            type="search"
            value={draft}
            placeholder={placeholder}
            onInput={(event) => type(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && onChange(draft.trim())}
            {...(choices === undefined ? {} : { list: `${control.id}-list` })}
          />
          {choices !== undefined && (
            <datalist id={`${control.id}-list`}>
              {choices.map((choice) => (
                <option key={choice} value={choice} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}
