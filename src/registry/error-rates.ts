import type { NodeReport } from "../ports/executor-commands.ts";
import { KEEPER_LIMITS } from "./limits.ts";

interface Piece {
  readonly number: number;
  succeeded: number;
  failed: number;
}

/** How deliveries to each node went in the last five minutes, as shards report it. Kept in memory only. */
export class ErrorRates {
  readonly #pieces = new Map<string, Piece[]>();

  add(nodeId: string, { succeeded, failed }: NodeReport, nowMs: number): void {
    if (succeeded + failed === 0) return;
    const number = pieceOf(nowMs);
    const pieces = this.#recent(nodeId, nowMs);
    const last = pieces.at(-1);
    if (last?.number === number) {
      last.succeeded += succeeded;
      last.failed += failed;
    } else pieces.push({ number, succeeded, failed });
    this.#pieces.set(nodeId, pieces);
  }

  /** The share that failed, 0 to 1; null when there was no delivery. */
  of(nodeId: string, nowMs: number): number | null {
    const pieces = this.#recent(nodeId, nowMs);
    const failed = pieces.reduce((sum, piece) => sum + piece.failed, 0);
    const all = pieces.reduce((sum, piece) => sum + piece.failed + piece.succeeded, 0);
    return all === 0 ? null : failed / all;
  }

  forget(nodeId: string): void {
    this.#pieces.delete(nodeId);
  }

  clear(): void {
    this.#pieces.clear();
  }

  /** Pieces that a clock has left in the future are dropped, too. */
  #recent(nodeId: string, nowMs: number): Piece[] {
    const [first, last] = [pieceOf(nowMs - KEEPER_LIMITS.errorWindowMs), pieceOf(nowMs)];
    const pieces = this.#pieces.get(nodeId) ?? [];
    return pieces.filter(({ number }) => number > first && number <= last);
  }
}

function pieceOf(atMs: number): number {
  return Math.floor(atMs / KEEPER_LIMITS.errorPieceMs);
}
