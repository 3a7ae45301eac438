import { useState } from "preact/compat";
import { useChange } from "../api/use-api.ts";
import type { MeJson } from "../api/shapes.ts";
import { useStrings } from "../i18n/strings.ts";
import { Form, TextFields } from "../kit/form.tsx";
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
  return (
    <Form
      problem={setup.problem}
      isPending={setup.isPending}
      submitLabel={say("setupGo")}
      onSubmit={() => void setup.send(undefined).then(onDone, () => {})}
    >
      <TextFields
        problem={setup.problem}
        fields={[
          {
            key: "setupToken",
            label: say("setupToken"),
            value: setupToken,
            set: setToken,
            type: "password",
            isRequired: true,
          },
          {
            key: "username",
            label: say("username"),
            value: username,
            set: setUsername,
            autocomplete: "username",
            isRequired: true,
          },
          {
            key: "password",
            label: say("password"),
            value: password,
            set: setPassword,
            hint: say("passwordHint"),
            type: "password",
            autocomplete: "new-password",
            isRequired: true,
          },
        ]}
      />
    </Form>
  );
}
