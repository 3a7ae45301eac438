import type { MeJson, Role, UserJson } from "../../api/shapes.ts";
import { includesRole, ROLES } from "../../../../src/core/role.ts";

type Membership = UserJson["memberships"][number];

/** What one may do with a user. The server decides; this keeps what it would refuse from being offered. */
export interface UserRights {
  /** Role and limit in the namespace that is shown. */
  readonly isMemberMine: boolean;
  /** State, password and sessions, which belong to the whole account. */
  readonly isAccountMine: boolean;
  readonly isRemovable: boolean;
}

/** The membership of a user in a namespace; null when it is no member. */
export function membershipIn(user: UserJson, namespace: string): Membership | null {
  return user.memberships.find((own) => own.namespace === namespace) ?? null;
}

/** The roles that one may give: nobody names another above oneself. */
export function rolesToGive(me: MeJson): readonly Role[] {
  return ROLES.filter((role) => includesRole(me.role, role));
}

export function rightsOver(me: MeJson, user: UserJson): UserRights {
  const membership = membershipIn(user, me.namespace);
  const isBelow = membership === null ? me.isInstanceAdmin : isWithin(me, membership);
  const isElsewhere = user.memberships.some(({ namespace }) => namespace !== me.namespace);
  const isAccountOpen = me.isInstanceAdmin || (!user.isInstanceAdmin && !isElsewhere);
  return {
    isMemberMine: membership !== null && isBelow,
    isAccountMine: isBelow && isAccountOpen,
    isRemovable: isBelow && (membership !== null || user.memberships.length === 0),
  };
}

function isWithin(me: MeJson, { role, executors }: Membership): boolean {
  if (!includesRole(me.role, role)) return false;
  if (me.executors === null) return true;
  return executors?.every((appKey) => me.executors?.includes(appKey)) ?? false;
}
