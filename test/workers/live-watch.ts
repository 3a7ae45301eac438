import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { assert } from "../../src/core/assert.ts";
import { DurableLive, liveName, liveStub, type LiveRpc } from "../../workers/live-rpc.ts";
import { DEPLOYMENT } from "./shard-fixture.ts";

const WAIT = { timeout: 10_000, interval: 10 };
/** Only shard 0 is asked to tell. */
const ONE_SHARD = { ...DEPLOYMENT, shards: 1 };

/** A WebSocket to the hub of a namespace, from within workerd. */
export class LiveWatch {
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into messages of every shape.
  readonly told: any[] = [];
  readonly socket: WebSocket;
  closedWith: number | null = null;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.told.push(data === "pong" ? data : JSON.parse(String(data)));
    });
    socket.addEventListener("close", ({ code }) => {
      this.closedWith = code;
    });
    socket.accept();
  }

  static async open(
    namespace: string,
    topics: readonly string[],
    more: {
      readonly after?: number;
      readonly ticket?: string;
      readonly lifeMs?: number;
      readonly credential?: string;
    } = {},
  ): Promise<LiveWatch> {
    const { after = null, ticket, lifeMs = 3_600_000, credential = null } = more;
    const nowMs = Date.now();
    const { webSocket } = await new DurableLive(env, ONE_SHARD, "https://tickwheel.example").open({
      namespace,
      topics,
      after,
      untilMs: nowMs + lifeMs,
      credential,
      ticket: ticket === undefined ? null : { id: ticket, expMs: nowMs + 60_000 },
    });
    assert(webSocket !== null, "an open socket comes with the answer");
    return new LiveWatch(webSocket);
  }

  say(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The messages, as soon as there are that many. */
  // oxlint-disable-next-line typescript/no-explicit-any
  async heard(count: number): Promise<readonly any[]> {
    await vi.waitFor(() => {
      if (this.told.length < count) throw new Error(`${this.told.length} of ${count} messages`);
    }, WAIT);
    return this.told;
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  async until(what: string, isIt: (message: any) => boolean): Promise<any> {
    return vi.waitFor(() => {
      const found = this.told.find(isIt);
      if (found === undefined) throw new Error(`${what}: ${JSON.stringify(this.told)}`);
      return found;
    }, WAIT);
  }

  async closed(): Promise<number> {
    return vi.waitFor(() => {
      if (this.closedWith === null) throw new Error("the socket is open");
      return this.closedWith;
    }, WAIT);
  }
}

export function hubStub(namespace: string): DurableObjectStub {
  return env.LIVE.getByName(liveName(namespace));
}

export function hubRpc(namespace: string): LiveRpc {
  return liveStub(env, namespace);
}
