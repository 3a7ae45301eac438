import { useState } from "preact/compat";
import type { UserJson } from "../../api/shapes.ts";
import { usePages } from "../../api/use-api.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Button } from "../../kit/button.tsx";
import { Checkbox } from "../../kit/field.tsx";
import { Card } from "../../kit/layout.tsx";
import { Loaded } from "../../kit/loaded.tsx";
import { Status } from "../../kit/status.tsx";
import { kitStrings } from "../../kit/strings.ts";
import { Table, type Column } from "../../kit/table.tsx";
import { Time } from "../../kit/time.tsx";
import { useMe } from "../../shell/me.ts";
import { useFilters, withFilters } from "../../url/filters.ts";
import { LimitWords } from "./executor-limit.tsx";
import { settingsStrings } from "./strings.ts";
import { UserActions } from "./user-actions.tsx";
import { UserNew } from "./user-new.tsx";
import { membershipIn } from "./user-rights.ts";
import { userStrings } from "./user-strings.ts";

/** Who may log in to the namespace, and what each may do. */
export function UsersSection() {
  const say = useStrings(userStrings);
  const sayKit = useStrings(kitStrings);
  const me = useMe();
  const [filters, change] = useFilters();
  const isAll = me.isInstanceAdmin && filters["all"] === "true";
  const [isMaking, setMaking] = useState(false);
  const users = usePages<UserJson>(withFilters("/users", { all: isAll ? "true" : "" }));
  return (
    <Card
      title={isAll ? say("listAll") : say("list", { namespace: me.namespace })}
      actions={
        <Button look="primary" onClick={() => setMaking(true)}>
          {say("new")}
        </Button>
      }
    >
      <p class="mb-2 text-muted">{say("about")}</p>
      {me.isInstanceAdmin && (
        <Checkbox
          label={say("all")}
          isChecked={isAll}
          onChange={(wanted) => change({ all: wanted ? "true" : "" })}
        />
      )}
      <Loaded of={users}>
        {(items) => (
          <>
            <UserTable users={items} />
            {users.hasMore && (
              <Button disabled={users.isLoadingMore} onClick={() => users.more()}>
                {sayKit("more")}
              </Button>
            )}
          </>
        )}
      </Loaded>
      {isMaking && <UserNew onClose={() => setMaking(false)} />}
    </Card>
  );
}

function UserTable({ users }: { readonly users: readonly UserJson[] }) {
  const say = useStrings(userStrings);
  const sayKit = useStrings(kitStrings);
  const me = useMe();
  const columns: readonly Column<UserJson>[] = [
    { key: "username", title: say("username"), cell: (user) => <UserName user={user} /> },
    { key: "role", title: say("roleHere"), cell: (user) => <RoleHere user={user} /> },
    {
      key: "limit",
      title: say("limit"),
      isWideOnly: true,
      cell: (user) => {
        const membership = membershipIn(user, me.namespace);
        return membership === null ? "–" : <LimitWords executors={membership.executors} />;
      },
    },
    { key: "state", title: say("state"), cell: ({ state }) => <Status state={state} /> },
    {
      key: "lastLogin",
      title: say("lastLogin"),
      isWideOnly: true,
      cell: ({ lastLoginAt }) =>
        lastLoginAt === null ? (
          <span class="text-muted">{say("neverLoggedIn")}</span>
        ) : (
          <Time at={lastLoginAt} as="relative" />
        ),
    },
    { key: "act", title: sayKit("actions"), cell: (user) => <UserActions user={user} /> },
  ];
  return (
    <Table
      caption={say("list", { namespace: me.namespace })}
      columns={columns}
      rows={users}
      idOf={({ id }) => id}
    />
  );
}

function UserName({ user }: { readonly user: UserJson }) {
  const say = useStrings(userStrings);
  const me = useMe();
  const others = user.memberships.filter(({ namespace }) => namespace !== me.namespace);
  return (
    <>
      <span class="font-medium break-all">{user.username}</span>
      {user.id === me.id && <span class="ml-1 text-xs text-muted">({say("you")})</span>}
      {user.isInstanceAdmin && (
        <span class="ml-1 rounded bg-accent-ground px-1.5 py-0.5 text-xs whitespace-nowrap text-accent">
          {say("instanceAdmin")}
        </span>
      )}
      {user.mustChangePassword && <span class="block text-xs text-muted">{say("mustChange")}</span>}
      {others.length > 0 && (
        <span class="block text-xs text-muted">
          {say("elsewhere")} {others.map(({ namespace }) => namespace).join(", ")}
        </span>
      )}
    </>
  );
}

function RoleHere({ user }: { readonly user: UserJson }) {
  const say = useStrings(userStrings);
  const sayRole = useStrings(settingsStrings);
  const membership = membershipIn(user, useMe().namespace);
  if (membership === null) return <span class="text-muted">{say("noMember")}</span>;
  return <span title={sayRole(`${membership.role}About`)}>{sayRole(membership.role)}</span>;
}
