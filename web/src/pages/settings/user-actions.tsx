import { MoreHorizontal } from "lucide-react";
import { useState } from "preact/compat";
import type { UserJson } from "../../api/shapes.ts";
import { useChange, type ChangeRequest } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Menu, type MenuItem } from "../../kit/menu.tsx";
import { toast } from "../../kit/toast.tsx";
import { useMe } from "../../shell/me.ts";
import { ConfirmDialog } from "./confirm.tsx";
import { tagOf } from "../../kit/guarded-save.tsx";
import { PasswordOnce } from "./password-once.tsx";
import { UserEdit } from "./user-edit.tsx";
import type { NewUserJson } from "./user-new.tsx";
import { rightsOver } from "./user-rights.ts";
import { userStrings } from "./user-strings.ts";

type Act = "disable" | "enable" | "reset" | "signOut" | "remove";

const SAID = {
  disable: "disabled",
  enable: "enabled",
  reset: "saved",
  signOut: "signedOut",
  remove: "removed",
} as const satisfies Readonly<Record<Act, string>>;

/** What may be done with a user; each is asked for again before it is done. */
export function UserActions({ user }: { readonly user: UserJson }) {
  const say = useStrings(userStrings);
  const [open, setOpen] = useState<Act | "edit" | null>(null);
  const [password, setPassword] = useState<string | null>(null);
  const items = useItems(user, setOpen);
  const name = user.username;
  const close = (): void => setOpen(null);
  return (
    <>
      {items.length > 0 && (
        <Menu
          label={say("actionsOf", { name })}
          trigger={<MoreHorizontal size={16} aria-hidden="true" />}
          items={items}
        />
      )}
      {open === "edit" && <UserEdit user={user} onClose={close} />}
      {open !== null && open !== "edit" && (
        <Confirm key={open} act={open} user={user} onPassword={setPassword} onClose={close} />
      )}
      {password !== null && (
        <PasswordOnce name={name} password={password} onClose={() => setPassword(null)} />
      )}
    </>
  );
}

function useItems(user: UserJson, open: (what: Act | "edit") => void): readonly MenuItem[] {
  const say = useStrings(userStrings);
  const me = useMe();
  const { isMemberMine, isAccountMine, isRemovable } = rightsOver(me, user);
  // Oneself has the pages of the account and of the sessions for that.
  const isOther = isAccountMine && user.id !== me.id;
  const item = (act: Act | "edit", isOffered: boolean, isDanger = false): readonly MenuItem[] =>
    isOffered ? [{ label: say(act), onSelect: () => open(act), isDanger }] : [];
  return [
    ...item("edit", isMemberMine || me.isInstanceAdmin),
    ...item("reset", isOther),
    ...item("signOut", isOther),
    ...item("disable", isOther && user.state === "active"),
    ...item("enable", isOther && user.state === "disabled"),
    ...item("remove", isRemovable, true),
  ];
}

function Confirm(props: {
  readonly act: Act;
  readonly user: UserJson;
  readonly onPassword: (password: string) => void;
  readonly onClose: () => void;
}) {
  const say = useStrings(userStrings);
  const { act, user } = props;
  const { id: ownId, namespace } = useMe();
  const isLeaving = act === "remove" && user.id === ownId;
  const name = user.username;
  const change = useChange<undefined, NewUserJson | null>(() => requestOf(act, user));
  return (
    <ConfirmDialog
      title={`${say(act)}: ${name}`}
      about={say(isLeaving ? "leaveConfirm" : `${act}Confirm`, { name, namespace })}
      go={say(act)}
      change={change}
      onDone={(answer) => {
        if (act === "reset") props.onPassword(answer?.password ?? "");
        else toast(say(SAID[act], { name }));
      }}
      onClose={props.onClose}
    />
  );
}

function requestOf(act: Act, { id, version }: UserJson): ChangeRequest {
  const path = `/users/${encodeURIComponent(id)}`;
  const ifMatch = tagOf(version);
  if (act === "signOut") return { method: "DELETE", path: `${path}/sessions` };
  if (act === "remove") return { method: "DELETE", path, ifMatch };
  if (act === "reset") return { method: "PATCH", path, body: { resetPassword: true }, ifMatch };
  const state = act === "disable" ? "disabled" : "active";
  return { method: "PATCH", path, body: { state }, ifMatch };
}
