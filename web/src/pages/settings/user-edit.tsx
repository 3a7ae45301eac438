import { useState } from "preact/compat";
import type { UserJson } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Dialog } from "../../kit/dialog.tsx";
import { Checkbox, faultAt } from "../../kit/field.tsx";
import { Form } from "../../kit/form.tsx";
import type { JsonObject } from "../../kit/json-pointer.ts";
import { toast } from "../../kit/toast.tsx";
import { useMe } from "../../shell/me.ts";
import { LimitField } from "./executor-limit.tsx";
import { useGuardedSave } from "../../kit/guarded-save.tsx";
import { LastOwner } from "./last-owner.tsx";
import { RoleField } from "./role-field.tsx";
import { membershipIn, rightsOver } from "./user-rights.ts";
import { userStrings } from "./user-strings.ts";

/** Changes what a user may do here, and whether it administers the instance. */
export function UserEdit(props: { readonly user: UserJson; readonly onClose: () => void }) {
  const say = useStrings(userStrings);
  const me = useMe();
  // The form changes what was read when it was opened, whatever is read meanwhile.
  const [user] = useState(props.user);
  const membership = membershipIn(user, me.namespace);
  const [role, setRole] = useState(membership?.role ?? "viewer");
  const [executors, setExecutors] = useState(membership?.executors ?? null);
  const [isInstanceAdmin, setInstanceAdmin] = useState(user.isInstanceAdmin);
  const name = user.username;
  const change = useGuardedSave<UserJson>({
    path: `/users/${encodeURIComponent(user.id)}`,
    base: user,
    fieldsOf: (read) => fieldsOf(read, me.namespace),
    onSaved: () => {
      toast(say("saved", { name }));
      props.onClose();
    },
  });
  const mine = membership === null ? { isInstanceAdmin } : { role, executors, isInstanceAdmin };
  return (
    <Dialog
      title={say("editOf", { name })}
      about={say(user.id === me.id ? "endsOwn" : "endsSessions")}
      isOpen
      onClose={props.onClose}
    >
      <Form
        problem={change.problem}
        isPending={change.isPending}
        submitLabel={say("edit")}
        onSubmit={() => change.save(mine)}
      >
        <LastOwner problem={change.problem} />
        {rightsOver(me, user).isMemberMine && (
          <>
            <RoleField value={role} onChange={setRole} fault={faultAt(change.problem, "/role")} />
            <LimitField
              value={executors}
              onChange={setExecutors}
              fault={faultAt(change.problem, "/executors")}
            />
          </>
        )}
        {me.isInstanceAdmin && (
          <Checkbox
            label={say("instanceAdminLabel")}
            isChecked={isInstanceAdmin}
            onChange={setInstanceAdmin}
          />
        )}
      </Form>
      {change.conflict}
    </Dialog>
  );
}

function fieldsOf(user: UserJson, namespace: string): JsonObject {
  const { isInstanceAdmin } = user;
  const membership = membershipIn(user, namespace);
  if (membership === null) return { isInstanceAdmin };
  return { role: membership.role, executors: membership.executors, isInstanceAdmin };
}
