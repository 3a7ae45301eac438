import { useState } from "preact/compat";
import type { Role, UserJson } from "../../api/shapes.ts";
import { useChange } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { Checkbox, faultAt } from "../../kit/field.tsx";
import { Form, TextFields } from "../../kit/form.tsx";
import { toast } from "../../kit/toast.tsx";
import { useMe } from "../../shell/me.ts";
import { LimitField, type Limit } from "./executor-limit.tsx";
import { PasswordOnce } from "./password-once.tsx";
import { RoleField } from "./role-field.tsx";
import { PasswordChoice, type PasswordWish } from "./user-password.tsx";
import { userStrings } from "./user-strings.ts";

export interface NewUserJson extends UserJson {
  /** What was generated; null where it was typed or stays. */
  readonly password: string | null;
}

/** Makes a user, and shows its generated password this once. */
export function UserNew({ onClose }: { readonly onClose: () => void }) {
  const say = useStrings(userStrings);
  const [made, setMade] = useState<NewUserJson | null>(null);
  if (made !== null)
    return <PasswordOnce name={made.username} password={made.password ?? ""} onClose={onClose} />;
  const finish = (user: NewUserJson, isTyped: boolean): void => {
    if (user.password !== null) return setMade(user);
    toast(say(isTyped ? "made" : "nowMember", { name: user.username }));
    onClose();
  };
  return (
    <Dialog title={say("new")} isOpen onClose={onClose}>
      <NewForm onMade={finish} />
    </Dialog>
  );
}

function NewForm(props: { readonly onMade: (user: NewUserJson, isTyped: boolean) => void }) {
  const say = useStrings(userStrings);
  const me = useMe();
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [executors, setExecutors] = useState<Limit>(me.executors);
  const [isInstanceAdmin, setInstanceAdmin] = useState(false);
  const [wish, setWish] = useState<PasswordWish>({ text: null, mustChange: true });
  const make = useChange<undefined, NewUserJson>(() => ({
    method: "POST",
    path: "/users",
    body: {
      username: username.trim(),
      role,
      executors,
      ...(isInstanceAdmin ? { isInstanceAdmin } : {}),
      ...(wish.text === null ? {} : { password: wish.text, mustChangePassword: wish.mustChange }),
    },
  }));
  const { problem } = make;
  const nameField = {
    key: "username",
    label: say("username"),
    value: username,
    set: setUsername,
    hint: me.isInstanceAdmin
      ? `${say("usernameHint")} · ${say("sharedHint")}`
      : say("usernameHint"),
    isRequired: true,
  };
  return (
    <Form
      problem={problem}
      isPending={make.isPending}
      submitLabel={say("create")}
      onSubmit={() =>
        void make.send(undefined).then(
          (user) => props.onMade(user, wish.text !== null),
          () => {},
        )
      }
    >
      <TextFields fields={[nameField]} problem={problem} />
      <RoleField value={role} onChange={setRole} fault={faultAt(problem, "/role")} />
      <LimitField
        value={executors}
        onChange={setExecutors}
        fault={faultAt(problem, "/executors")}
      />
      <PasswordChoice value={wish} onChange={setWish} problem={problem} />
      {me.isInstanceAdmin && (
        <Checkbox
          label={say("instanceAdminLabel")}
          isChecked={isInstanceAdmin}
          onChange={setInstanceAdmin}
        />
      )}
    </Form>
  );
}
