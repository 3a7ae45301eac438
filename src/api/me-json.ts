import type { Membership } from "../ports/people.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { MeJson } from "./people-json.ts";
import { DEFAULT_NAMESPACE, type Principal } from "./principal.ts";
import type { Login } from "./session-store.ts";

/** Namespaces to choose from that are listed for who may enter all of them. */
const NAMESPACES_MAX = 500;

/** Who asks, in JSON. */
export async function meJson(
  { directory }: Pick<ApiDeps, "directory">,
  principal: Principal,
  login: Login | null,
): Promise<MeJson> {
  const { kind, id, name, namespace, role, executors, isInstanceAdmin } = principal;
  const own = login?.user.memberships ?? [{ namespace, role, executors }];
  return {
    kind,
    id,
    name,
    namespace,
    role,
    executors,
    isInstanceAdmin,
    mustChangePassword: login?.user.mustChangePassword ?? false,
    memberships: isInstanceAdmin ? await everyNamespace(directory, own) : own,
  };
}

/** Who administers the instance is an owner everywhere. */
async function everyNamespace(
  directory: ApiDeps["directory"],
  own: readonly Membership[],
): Promise<readonly Membership[]> {
  const stored = await directory.namespaces(NAMESPACES_MAX);
  const names = [
    DEFAULT_NAMESPACE,
    ...stored.map(({ name }) => name),
    ...own.map(({ namespace }) => namespace),
  ];
  return [...new Set(names)].map((namespace) => ({ namespace, role: "owner", executors: null }));
}
