/**
 * What somebody may do in a namespace; each role includes those before it. `viewer` sees, `operator` also
 * starts, stops and retries, `editor` also defines jobs, workflows, calendars and executors, `admin` also
 * handles tokens, secrets and people, `owner` also names other owners.
 */
export const ROLES = ["viewer", "operator", "editor", "admin", "owner"] as const;

export type Role = (typeof ROLES)[number];

/** Whether a role is enough where another one is needed. */
export function includesRole(has: Role, needed: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needed);
}
