import type { ApiDeps } from "./api-deps.ts";

/** While nobody has set it up, the records are asked at most this often. */
const ASK_EVERY_MS = 5_000;

/** Whether a deployment still waits for its first user, who comes with the setup token. */
export class SetupDoor {
  readonly #deps: Pick<ApiDeps, "people" | "settings">;
  /** There is always somebody once there was somebody. */
  #isOver = false;
  #askedMs: number | null = null;

  constructor(deps: Pick<ApiDeps, "people" | "settings">) {
    this.#deps = deps;
  }

  /** Throws `records.unavailable`. */
  async isOpen(): Promise<boolean> {
    if (this.#isOver || this.#deps.settings.setupTokenHash === null) return false;
    this.#isOver = await this.#deps.people.hasUsers();
    return !this.#isOver;
  }

  /** What to tell somebody who is refused while nobody can log in yet; null otherwise. */
  async hint(nowMs: number): Promise<string | null> {
    const isRecent = this.#askedMs !== null && Math.abs(nowMs - this.#askedMs) < ASK_EVERY_MS;
    if (!isRecent) {
      this.#askedMs = nowMs;
      // With the records away nobody knows; the usual hint will do.
      this.#isHinted = await this.isOpen().catch(() => false);
    }
    return this.#isHinted ? "Open /setup to make the first user with the setup token." : null;
  }

  #isHinted = false;
}
