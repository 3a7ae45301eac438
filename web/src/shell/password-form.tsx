import { useState } from "preact/compat";
import { useChange } from "../api/use-api.ts";
import { useStrings } from "../i18n/strings.ts";
import { Form, TextFields } from "../kit/form.tsx";
import { kitStrings } from "../kit/strings.ts";
import { shellStrings } from "./strings.ts";

/**
 * The own password: the present one and the next one. Other sessions end with it. The username is for password
 * managers.
 */
export function PasswordForm(props: { readonly username: string; readonly onDone: () => void }) {
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
    props.onDone();
  };
  const fields = [
    {
      key: "current",
      label: say("currentPassword"),
      value: current,
      set: setCurrent,
      autocomplete: "current-password",
      type: "password",
      isRequired: true,
    },
    {
      key: "next",
      label: say("nextPassword"),
      value: next,
      set: setNext,
      hint: say("passwordHint"),
      autocomplete: "new-password",
      type: "password",
      isRequired: true,
    },
  ] as const;
  return (
    <Form
      problem={change.problem}
      isPending={change.isPending}
      submitLabel={sayKit("save")}
      onSubmit={() => void save()}
    >
      <input name="username" autocomplete="username" value={props.username} readOnly hidden />
      <TextFields problem={change.problem} fields={fields} />
    </Form>
  );
}
