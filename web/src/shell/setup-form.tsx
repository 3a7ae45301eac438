import { useState } from "preact/compat";
import { useChange } from "../api/use-api.ts";
import type { MeJson } from "../api/shapes.ts";
import { useStrings } from "../i18n/strings.ts";
import { Button } from "../kit/button.tsx";
import { Field, faultAt, FormProblem, TextInput } from "../kit/field.tsx";
import { shellStrings } from "./strings.ts";

/** The first user of an instance, made by whoever has its setup token. */
export function SetupForm({ onDone }: { readonly onDone: () => void }) {
  const say = useStrings(shellStrings);
  const [setupToken, setToken] = useState("");
  const [username, setUsername] = useState("admin");
  const [password, setPassword] = useState("");
  const setup = useChange<undefined, MeJson>(() => ({
    method: "POST",
    path: "/setup",
    body: { setupToken: setupToken.trim(), username: username.trim(), password },
  }));
  const fields = [
    { key: "setupToken", value: setupToken, set: setToken, type: "password", auto: "off" },
    { key: "username", value: username, set: setUsername, type: "text", auto: "username" },
    { key: "password", value: password, set: setPassword, type: "password", auto: "new-password" },
  ] as const;
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        setup.send(undefined).then(onDone, () => {});
      }}
    >
      <FormProblem problem={setup.problem} />
      {fields.map(({ key, value, set, type, auto }) => (
        <Field
          key={key}
          label={say(key)}
          fault={faultAt(setup.problem, `/${key}`)}
          {...(key === "password" ? { hint: say("passwordHint") } : {})}
        >
          {(control) => (
            <TextInput
              {...control}
              type={type}
              autocomplete={auto}
              required
              value={value}
              onInput={(event) => set(event.currentTarget.value)}
            />
          )}
        </Field>
      ))}
      <Button look="primary" type="submit" disabled={setup.isPending}>
        {say("setupGo")}
      </Button>
    </form>
  );
}
