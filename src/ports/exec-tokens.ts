import type { ExecutorSecret } from "./executors.ts";
import type { UsedToken } from "./executor-commands.ts";

/** Verifies the tokens with which executors call us (`exec+jwt`). */
export interface ExecTokens {
  /** Whose token it claims to be; null when it is no such token. Nothing of it is proved yet. */
  claimedAppKey(token: string): string | null;
  /**
   * Null when the token is forged, too old, for somebody else, or not for this body. With no secrets it does
   * the same work as with one that does not fit, so that nobody learns which appKeys exist.
   */
  verify(
    token: string,
    expected: {
      readonly appKey: string;
      readonly namespace: string;
      readonly secrets: readonly Pick<ExecutorSecret, "id" | "sealed">[];
      readonly bodyText: string;
      readonly nowMs: number;
    },
  ): Promise<UsedToken | null>;
}
