import type { LiveOpening } from "../api/live-door.ts";
import type { LiveHub } from "../api/live-hub.ts";

/** A hub that lets the socket in, once it is one. */
export interface Accepted {
  readonly hub: LiveHub;
  readonly opening: LiveOpening;
}

/** What the server hands along with a request to upgrade: who handles the request may accept it. */
export class LiveUpgrade {
  readonly hasRoom: boolean;
  #accepted: Accepted | null = null;

  constructor(hasRoom: boolean) {
    this.hasRoom = hasRoom;
  }

  get accepted(): Accepted | null {
    return this.#accepted;
  }

  accept(hub: LiveHub, opening: LiveOpening): void {
    this.#accepted = { hub, opening };
  }
}

/** The upgrade in what came with a request; null when it is an ordinary request. */
export function upgradeIn(env: unknown): LiveUpgrade | null {
  if (typeof env !== "object" || env === null || !("upgrade" in env)) return null;
  return env.upgrade instanceof LiveUpgrade ? env.upgrade : null;
}
