import type { KeptSocket, LiveSocket } from "../../src/api/live-hub.ts";

/** The other end of a hub's socket, in memory: what it was told, and how it was closed. */
export class LivePeer implements LiveSocket {
  // oxlint-disable-next-line typescript/no-explicit-any -- Tests look into messages of every shape.
  readonly told: any[] = [];
  isClogged = false;
  closed: { readonly code: number; readonly reason: string } | null = null;
  kept: KeptSocket | null = null;

  send(text: string): void {
    this.told.push(text === "pong" ? text : JSON.parse(text));
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  keep(kept: KeptSocket): void {
    this.kept = structuredClone(kept);
  }

  /** What it was told since the last call. */
  // oxlint-disable-next-line typescript/no-explicit-any
  news(): any[] {
    return this.told.splice(0);
  }
}
