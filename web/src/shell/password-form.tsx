import { useState } from "preact/compat";
import { useChange } from "../api/use-api.ts";
import { useStrings } from "../i18n/strings.ts";
import { Button } from "../kit/button.tsx";
import { Field, faultAt, FormProblem, TextInput } from "../kit/field.tsx";
import { kitStrings } from "../kit/strings.ts";
import { shellStrings } from "./strings.ts";

/** The own password: the present one and the next one. Other sessions end with it. */
export function PasswordForm({ onDone }: { readonly onDone: () => void }) {
  const say = useStrings(shellStrings);
  const sayKit = useStrings(kitStrings);
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useChange<undefined, undefined>(() => ({
    method: "PUT",
    path: "/me/password",
    body: { current, next },
  }));
  const save = async (): Promise<void> => {
    try {
      await change.send(undefined);
    } catch {
      return;
    }
    setCurrent("");
    setNext("");
    onDone();
  };
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <FormProblem problem={change.problem} />
      <Field label={say("currentPassword")} fault={faultAt(change.problem, "/current")}>
        {(control) => (
          <TextInput
            {...control}
            type="password"
            autocomplete="current-password"
            required
            value={current}
            onInput={(event) => setCurrent(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field
        label={say("nextPassword")}
        hint={say("passwordHint")}
        fault={faultAt(change.problem, "/next")}
      >
        {(control) => (
          <TextInput
            {...control}
            type="password"
            autocomplete="new-password"
            required
            minLength={12}
            value={next}
            onInput={(event) => setNext(event.currentTarget.value)}
          />
        )}
      </Field>
      <Button look="primary" type="submit" disabled={change.isPending}>
        {sayKit("save")}
      </Button>
    </form>
  );
}
