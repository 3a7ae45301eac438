import { randomBytes } from "node:crypto";
import { createIds } from "../adapters/uuid-ids.ts";
import { generatePassword } from "../api/password-rules.ts";
import { firstUser } from "../api/user-shape.ts";
import { Refusal } from "../core/refusal.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Passwords } from "../ports/passwords.ts";
import { NOBODY_NEEDED, type People, type User } from "../ports/people.ts";
import { keepSecret, type DataFolder } from "./data-folder.ts";
import type { Settings } from "./settings.ts";

export const FIRST_ADMIN = "admin";
const PASSWORD_FILE = "first-admin-password";

/** The user that was made or got a new password. */
export interface MadeAdmin {
  /** What was generated, to be shown this once; null where the operator chose it. */
  readonly password: string | null;
}

/**
 * A deployment without any user would be one that nobody can log in to: its first start makes one who
 * administers it. There is no password that is the same anywhere else. `--reset-admin` gives that user a new one.
 */
export class FirstAdmin {
  readonly #catchUp: () => Promise<void>;
  readonly #people: People;
  readonly #passwords: Passwords;
  readonly #adminPassword: string | null;
  readonly #clock: Clock;
  readonly #log: Log;
  #isReset: boolean;
  #isDone = false;

  constructor(place: {
    /** Brings the tables up to date; rejects while the records are away. */
    readonly catchUp: () => Promise<void>;
    readonly people: People;
    readonly passwords: Passwords;
    readonly settings: Pick<Settings, "adminPassword" | "resetsAdmin">;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#catchUp = place.catchUp;
    this.#people = place.people;
    this.#passwords = place.passwords;
    this.#adminPassword = place.settings.adminPassword;
    this.#isReset = place.settings.resetsAdmin;
    this.#clock = place.clock;
    this.#log = place.log;
  }

  /** Null when nothing was to be made, or the records are away: then it is tried again when called again. */
  async ensure(): Promise<MadeAdmin | null> {
    if (this.#isDone) return null;
    try {
      await this.#catchUp();
      const made = this.#isReset ? await this.#reset() : await this.#make();
      this.#isReset = false;
      this.#isDone = true;
      return made;
    } catch (error) {
      this.#log.warn("The first admin cannot be looked for now; it is tried again in a minute.", {
        error: String(error),
      });
      return null;
    }
  }

  async #make(): Promise<MadeAdmin | null> {
    if (await this.#people.hasUsers()) return null;
    const password = this.#adminPassword ?? newPassword();
    const isMade = await this.#people.createFirstUser(await this.#admin(password));
    return isMade ? { password: this.#adminPassword === null ? password : null } : null;
  }

  async #reset(): Promise<MadeAdmin> {
    const password = newPassword();
    const fresh = await this.#admin(password);
    const stored = await this.#people.userByName(FIRST_ADMIN);
    const isWritten =
      stored === null
        ? await this.#people.createUser(fresh, null)
        : await this.#isReplaced(stored, fresh);
    if (isWritten) return { password };
    throw new Refusal("version.conflict", "The user was changed at the same moment.");
  }

  async #isReplaced(stored: User, fresh: User): Promise<boolean> {
    const user: User = {
      ...stored,
      version: stored.version + 1,
      passwordHash: fresh.passwordHash,
      passwordChangedMs: fresh.passwordChangedMs,
      mustChangePassword: false,
      state: "active",
      isInstanceAdmin: true,
      updatedMs: fresh.updatedMs,
    };
    const change = { user, ends: "all", remain: NOBODY_NEEDED, reply: null } as const;
    return (await this.#people.putUser(change)) === "written";
  }

  async #admin(password: string): Promise<User> {
    const nowMs = this.#clock.nowMs();
    return firstUser({
      id: createIds().next(nowMs),
      username: FIRST_ADMIN,
      passwordHash: await this.#passwords.hash(password),
      nowMs,
    });
  }
}

/**
 * Shows the password of a user that was just made: to the person at the terminal, or in a file that only this
 * user may read; never in the log.
 */
export function showAdmin({ password }: MadeAdmin, folder: DataFolder, log: Log): void {
  if (password === null) return;
  if (process.stdout.isTTY) {
    process.stdout.write(`Login  ${FIRST_ADMIN} / ${password}\n`);
    return;
  }
  const file = keepSecret(folder, PASSWORD_FILE, password);
  log.info(`The password of the user ${FIRST_ADMIN} is in a file. Change it and remove the file.`, {
    file,
  });
}

function newPassword(): string {
  return generatePassword((count) => new Uint8Array(randomBytes(count)));
}
