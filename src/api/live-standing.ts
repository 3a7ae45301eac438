import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Watchers } from "../ports/watchers.ts";
import type { LiveHub } from "./live-hub.ts";
import { SESSION_LIMITS } from "./session-store.ts";

export const LIVE_STANDING_LIMITS = {
  /** Before a row goes out, nobody's session or token was looked up longer ago. */
  freshMs: 10_000,
  /** When all looks of so long a time have failed, nobody is believed any more. */
  unknownMsMax: 120_000,
} as const;

export interface LiveStandingDeps {
  readonly watchers: Watchers;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Closes sockets of a hub whose session or token has ended: logged out, revoked, disabled, or with another role
 * since. Which ones, the records know; a hub that cannot ask them for a while closes all, and whoever may watch
 * comes again with a new ticket.
 */
export class LiveStanding {
  readonly #hub: LiveHub;
  readonly #deps: LiveStandingDeps;
  #looking: Promise<void> | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #failingSinceMs: number | null = null;

  constructor(hub: LiveHub, deps: LiveStandingDeps) {
    this.#hub = hub;
    this.#deps = deps;
  }

  /** Looks unless that was done within `freshMs`. Never throws. */
  async ensure(freshMs: number = LIVE_STANDING_LIMITS.freshMs): Promise<void> {
    if (this.#looking !== null) return this.#looking;
    const agoMs = this.#deps.clock.nowMs() - this.#lookedMs;
    if (Math.abs(agoMs) < freshMs || this.#hub.credentials.size === 0) return undefined;
    this.#looking = this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { watchers, clock, log } = this.#deps;
    // Whoever joins meanwhile was let in meanwhile.
    const asked = new Set(this.#hub.credentials);
    const nowMs = clock.nowMs();
    this.#lookedMs = nowMs;
    try {
      const seenAfterMs = nowMs - SESSION_LIMITS.idleMs;
      const standing = await watchers.standing([...asked], { nowMs, seenAfterMs });
      this.#failingSinceMs = null;
      for (const credential of standing) asked.delete(credential);
    } catch (error) {
      log.warn("Whether those who watch still may is not known.", { error: String(error) });
      this.#failingSinceMs ??= nowMs;
      const failingMs = Math.abs(nowMs - this.#failingSinceMs);
      if (failingMs < LIVE_STANDING_LIMITS.unknownMsMax) return;
    }
    this.#hub.dismiss(asked, clock.nowMs());
  }
}
