import type { Role } from "../../api/shapes.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Field, Select } from "../../kit/field.tsx";
import { useMe } from "../../shell/me.ts";
import { settingsStrings } from "./strings.ts";
import { rolesToGive } from "./user-rights.ts";

/** Chooses one of the roles that one may give, each with what it may do. */
export function RoleField(props: {
  readonly value: Role;
  readonly onChange: (role: Role) => void;
  readonly fault: string | undefined;
}) {
  const say = useStrings(settingsStrings);
  const roles = rolesToGive(useMe());
  return (
    <Field label={say("role")} fault={props.fault}>
      {(control) => (
        <Select
          {...control}
          value={props.value}
          options={roles.map((role) => ({
            value: role,
            label: `${say(role)}: ${say(`${role}About`)}`,
          }))}
          onChange={({ currentTarget: { value } }) =>
            props.onChange(roles.find((role) => role === value) ?? props.value)
          }
        />
      )}
    </Field>
  );
}
