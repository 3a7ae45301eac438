import { useState } from "preact/compat";
import { useChange } from "../api/use-api.ts";
import { useStrings } from "../i18n/strings.ts";
import { Button } from "../kit/button.tsx";
import { Field, faultAt, FormProblem, TextInput } from "../kit/field.tsx";
import { kitStrings } from "../kit/strings.ts";
import { shellStrings } from "./strings.ts";

/** What password managers look for. */
const [OLD, NEW] = ["current-password", "new-password"] as const;

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
  const fields = [
    { key: "currentPassword", body: "current", value: current, set: setCurrent, auto: OLD },
    { key: "nextPassword", body: "next", value: next, set: setNext, auto: NEW },
  ] as const;
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <FormProblem problem={change.problem} />
      {fields.map(({ key, body, value, set, auto }) => (
        <Field
          key={key}
          label={say(key)}
          fault={faultAt(change.problem, `/${body}`)}
          {...(body === "next" ? { hint: say("passwordHint") } : {})}
        >
          {(control) => (
            <TextInput
              {...control}
              type="password"
              autocomplete={auto}
              required
              value={value}
              onInput={(event) => set(event.currentTarget.value)}
            />
          )}
        </Field>
      ))}
      <Button look="primary" type="submit" disabled={change.isPending}>
        {sayKit("save")}
      </Button>
    </form>
  );
}
