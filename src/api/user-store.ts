import type { Context } from "hono";
import { Refusal } from "../core/refusal.ts";
import type { Membership, User } from "../ports/people.ts";
import type { ApiDeps, ApiEnv } from "./api-deps.ts";
import { conflict, ifMatchOf, versionWanted } from "./etag.ts";
import type { Principal } from "./principal.ts";
import { principalOf } from "./request-of.ts";

/** Users as whoever asks may see them: foreign ones do not exist. */
export class UserStore {
  readonly #people: ApiDeps["people"];

  constructor({ people }: Pick<ApiDeps, "people">) {
    this.#people = people;
  }

  /** By id or username. Throws `user.unknown`. */
  async find(who: Principal, idOrName: string): Promise<User> {
    const user =
      (await this.#people.user(idOrName)) ??
      (await this.#people.userByName(idOrName.toLowerCase()));
    const isVisible = who.isInstanceAdmin || membershipOf(user, who.namespace) !== null;
    if (user === null || !isVisible)
      throw new Refusal("user.unknown", `There is no user ${idOrName}.`);
    return user;
  }

  /** The same, for a change: throws `version.conflict` unless it is the version that If-Match names. */
  async findToChange(c: Context<ApiEnv>, idOrName: string): Promise<User> {
    const user = await this.find(principalOf(c), idOrName);
    const sent = ifMatchOf(c.req.header("if-match"));
    const wanted = await versionWanted(sent, () => Promise.resolve(user.version));
    if (wanted !== null && wanted !== user.version) throw conflict();
    return user;
  }
}

/** What a user is in a namespace; null when it is no member. */
export function membershipOf(user: User | null, namespace: string): Membership | null {
  return user?.memberships.find((own) => own.namespace === namespace) ?? null;
}

/** The namespace whose memberships are shown; null shows all, to those who may know of all. */
export function shownTo(who: Principal): string | null {
  return who.isInstanceAdmin ? null : who.namespace;
}
