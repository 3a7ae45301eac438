import type { LiveDoor, LiveOpening } from "../src/api/live-door.ts";
import type { LiveText } from "../src/api/live-rows-json.ts";
import { Refusal, type RefusalData } from "../src/core/refusal.ts";
import type { Deployment } from "../src/ports/directory.ts";
import type { Env } from "./env.ts";

/** Rows of one namespace, in the order of their commits, as one writer tells them. */
export interface LiveBatch {
  readonly texts: readonly LiveText[];
  /** False when rows of this writer that came before these may never be told. */
  readonly isWhole: boolean;
}

/** What the hub of a namespace does for shards and keepers. Everything that crosses is plain data. */
export interface LiveRpc {
  /** Says whether anybody watches. */
  publish(batch: LiveBatch): Promise<boolean>;
}

/** What the Worker tells the object of a socket that it may open. */
export interface LiveWish {
  readonly opening: LiveOpening;
  readonly deployment: Deployment;
}

/** The header that carries it: made by the Worker alone, for the object is reached by nobody else. */
export const WISH_HEADER = "x-tickwheel-live";

/** The epoch, as in the names of shards: another layout gets other names. */
const PREFIX = "v1:l:";

export function liveName(namespace: string): string {
  return PREFIX + namespace;
}

/** The namespace in the name of a hub's object; null for any other name. */
export function namespaceOfLive(name: string): string | null {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : null;
}

/** A stub for one call or a few: after an error it is not to be used again. */
export function liveStub(env: Pick<Env, "LIVE">, namespace: string): LiveRpc {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The binding names `LiveObject`.
  return env.LIVE.getByName(liveName(namespace)) as unknown as LiveRpc;
}

/** The way to the hubs of a deployment, each in its own object. */
export class DurableLive implements LiveDoor {
  readonly origin: string;
  readonly #env: Pick<Env, "LIVE">;
  readonly #deployment: Deployment;

  constructor(env: Pick<Env, "LIVE">, deployment: Deployment, origin: string) {
    this.#env = env;
    this.#deployment = deployment;
    this.origin = origin;
  }

  /** Nothing of the caller's request goes on to the object but what was decided about it. */
  async open(opening: LiveOpening): Promise<Response> {
    const wish: LiveWish = { opening, deployment: this.#deployment };
    const stub = this.#env.LIVE.getByName(liveName(opening.namespace));
    const answer = await stub
      .fetch("https://live.invalid/", {
        // A header is ASCII, and names may be anything.
        headers: { Upgrade: "websocket", [WISH_HEADER]: encodeURIComponent(JSON.stringify(wish)) },
      })
      .catch((error: unknown) => {
        throw unreachable(error);
      });
    if (answer.webSocket === null) throw Refusal.from(await answer.json<RefusalData>());
    return new Response(null, { status: 101, webSocket: answer.webSocket });
  }
}

function unreachable(error: unknown): Refusal {
  const detail = `The hub of those who watch cannot be reached now: ${String(error)}.`;
  return new Refusal("shard.unavailable", detail);
}
