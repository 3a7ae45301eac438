import { useEffect, useState } from "preact/compat";
import { isJsonObject, type Json } from "../../../../src/core/json.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, TextArea } from "../../kit/field.tsx";
import { isSameJson } from "../../kit/json-changes.ts";
import type { JsonObject } from "../../kit/json-pointer.ts";
import { useJobForm } from "./form-context.ts";
import { formStrings } from "./form-strings.ts";

/** The body that is sent, as text. While it is no JSON object, the form keeps the last one that was. */
export function JsonEditor({ replace }: { readonly replace: (draft: JsonObject) => void }) {
  const say = useStrings(formStrings);
  const { draft, setUnread } = useJobForm();
  const [text, setText] = useState(() => JSON.stringify(draft, null, 2));
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => () => setUnread("", null), [setUnread]);
  useEffect(() => {
    const read = objectOf(text);
    if (read !== null && !isSameJson(read, draft)) setText(JSON.stringify(draft, null, 2));
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- The text is what this compares with.
  }, [draft]);
  const type = (next: string): void => {
    setText(next);
    const read = objectOf(next);
    const message = read === null ? say("notObject") : null;
    setFault(message);
    setUnread("", message);
    if (read !== null) replace(read);
  };
  return (
    <Field label={say("jsonBody")} hint={say("jsonBodyAbout")} fault={fault ?? undefined}>
      {(control) => (
        <TextArea
          {...control}
          rows={32}
          value={text}
          onInput={(event) => type(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function objectOf(text: string): JsonObject | null {
  try {
    const value: Json = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
