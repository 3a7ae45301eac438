import { LiveStanding, type LiveStandingDeps } from "../api/live-standing.ts";
import type { LiveDoor, LiveOpening } from "../api/live-door.ts";
import { LiveHub } from "../api/live-hub.ts";
import { liveTexts } from "../api/live-rows-json.ts";
import { Refusal } from "../core/refusal.ts";
import type { LiveFeed, LiveRows } from "../ports/live-feed.ts";
import { upgradeIn } from "./live-upgrade.ts";
import { UsedTickets } from "../api/used-tickets.ts";

export interface LocalLiveSettings extends LiveStandingDeps {
  readonly deploymentId: string;
  /** Where our pages come from; it is known once the server listens. */
  readonly origin: () => string;
}

interface WatchedHub {
  readonly hub: LiveHub;
  readonly standing: LiveStanding;
}

/** The hubs of a standalone deployment, in this process: one for each namespace that somebody watches. */
export class LocalLive implements LiveFeed, LiveDoor {
  readonly #settings: LocalLiveSettings;
  readonly #hubs = new Map<string, WatchedHub>();
  readonly #tickets = new UsedTickets();
  /** A namespace is watched from now on: what lists do not show yet must be told. */
  onWatched: (namespace: string) => void = () => {};
  /** No hub gives out a number up to here: an earlier one did. */
  #aboveSeq = 0;

  constructor(settings: LocalLiveSettings) {
    this.#settings = settings;
  }

  get origin(): string {
    return this.#settings.origin();
  }

  isWatched(namespace: string): boolean {
    return this.#hubs.get(namespace)?.hub.isWatched(this.#settings.clock.nowMs()) === true;
  }

  publish(namespace: string, rows: LiveRows): void {
    const { clock, log, deploymentId: deployment } = this.#settings;
    const hub = this.#hubs.get(namespace)?.hub;
    if (hub === undefined) return;
    const nowMs = clock.nowMs();
    try {
      hub.publish(liveTexts(rows, { deployment, nowMs }), rows.isWhole, nowMs);
    } catch (error) {
      log.error("Rows could not be told to those who watch.", { namespace, error: String(error) });
      hub.publish([], false, nowMs);
    }
  }

  /** The server upgrades the connection when this has returned, and then the socket joins. */
  async open(
    opening: LiveOpening,
    { env }: { readonly request: Request; readonly env: unknown },
  ): Promise<Response> {
    const upgrade = upgradeIn(env);
    if (upgrade === null)
      throw new Refusal("request.invalid", "The connection cannot be made a WebSocket.", {
        hint: "Send Connection: Upgrade along with Upgrade: websocket.",
      });
    if (!upgrade.hasRoom)
      throw new Refusal("quota.exceeded", "Too many sockets are open.", { retryAfterMs: 10_000 });
    const { namespace, ticket } = opening;
    const nowMs = this.#settings.clock.nowMs();
    if (ticket !== null && !this.#tickets.take(ticket, nowMs))
      throw new Refusal("ticket.invalid", "The ticket was used before.");
    const hub = this.#hubOf(namespace, nowMs);
    const wasWatched = hub.isWatched(nowMs);
    hub.expect(nowMs);
    if (!wasWatched) this.onWatched(namespace);
    upgrade.accept(hub, opening);
    return new Response(null, { status: 204 });
  }

  /** Closes sockets whose time is over or whose session has ended, and forgets hubs where nobody is any more. */
  async sweep(): Promise<void> {
    // This process has the records at hand: it looks each time.
    await Promise.all([...this.#hubs.values()].map(({ standing }) => standing.ensure(0)));
    const nowMs = this.#settings.clock.nowMs();
    for (const [namespace, { hub }] of this.#hubs) {
      hub.sweep(nowMs);
      if (hub.isWatched(nowMs)) continue;
      this.#aboveSeq = Math.max(this.#aboveSeq, hub.last);
      this.#hubs.delete(namespace);
    }
  }

  close(): void {
    for (const { hub } of this.#hubs.values()) hub.close(this.#settings.clock.nowMs());
  }

  #hubOf(namespace: string, nowMs: number): LiveHub {
    const known = this.#hubs.get(namespace)?.hub;
    if (known?.isWatched(nowMs) === true) return known;
    // While nobody watched, rows were not told: what a hub kept from before is not whole any more.
    const hub = new LiveHub(nowMs, Math.max(this.#aboveSeq, known?.last ?? 0));
    this.#hubs.set(namespace, { hub, standing: new LiveStanding(hub, this.#settings) });
    return hub;
  }
}
