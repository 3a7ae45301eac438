import { Refusal } from "../core/refusal.ts";
import type { ExecutorInput, ExecutorOutput, UsedToken } from "../ports/executor-commands.ts";
import type { ExecutorSecret } from "../ports/executors.ts";
import type { KeeperState } from "./keeper-state.ts";
import { expectVersion, ownedExecutor, touch, viewOf } from "./owned-executor.ts";

// An executor has one secret, or two while it is changed. The older one signs deliveries, except to nodes
// whose last token was signed with the newer: so each node is spoken to with a secret that it knows.

export function newSecret(state: KeeperState, sealed: string, nowMs: number): ExecutorSecret {
  const id = `sec_${state.ids.next(nowMs).replaceAll("-", "")}`;
  return { id, sealed, createdMs: nowMs, lastUsedMs: null };
}

/** What verifies tokens: asked for by the API before it knows whose token it is. */
export function liveSecrets(state: KeeperState): ExecutorOutput<"executor.secrets"> {
  const { executor } = ownedExecutor(state, null);
  const secrets = executor.secrets.map(({ id, sealed }) => ({ id, sealed }));
  return { namespace: executor.namespace, secrets };
}

export function rotateSecret(
  state: KeeperState,
  input: ExecutorInput<"secret.rotate">,
  nowMs: number,
): ExecutorOutput<"secret.rotate"> {
  const stored = ownedExecutor(state, input.namespace);
  expectVersion(stored, input.ifVersions);
  const { executor } = stored;
  if (executor.secrets.length > 1)
    throw new Refusal("secret.rotating", "The executor has two secrets already.", {
      hint: "Give the newer one to all nodes, then DELETE …/secrets/previous.",
    });
  const secrets = [...executor.secrets, newSecret(state, input.sealedSecret, nowMs)];
  state.saveExecutor({ ...executor, secrets });
  touch(state, stored, nowMs);
  return viewOf(state, nowMs);
}

export function revokeSecret(
  state: KeeperState,
  input: ExecutorInput<"secret.revoke">,
  nowMs: number,
): ExecutorOutput<"secret.revoke"> {
  const stored = ownedExecutor(state, input.namespace);
  expectVersion(stored, input.ifVersions);
  const { executor } = stored;
  if (executor.secrets.length < 2)
    throw new Refusal("secret.not_rotating", "The executor has only one secret.", {
      hint: "POST …/secrets makes the next one first.",
    });
  state.saveExecutor({ ...executor, secrets: executor.secrets.slice(1) });
  touch(state, stored, nowMs);
  return viewOf(state, nowMs);
}

/** Throws `token.invalid` unless the token's secret is live and this is its first use. */
export function expectUsable(state: KeeperState, token: UsedToken, nowMs: number): void {
  const { executor } = ownedExecutor(state, null);
  if (!executor.secrets.some(({ id }) => id === token.secretId))
    throw new Refusal("token.invalid", "The secret that signed this token has ended.");
  state.signs.tokens.check(token, nowMs);
}

/** Takes the one use of a token for a call that the keeper has no part in. */
export function useToken(
  state: KeeperState,
  { token }: ExecutorInput<"token.use">,
  nowMs: number,
): ExecutorOutput<"token.use"> {
  expectUsable(state, token, nowMs);
  state.signs.useToken(token, nowMs);
  return { namespace: ownedExecutor(state, null).executor.namespace };
}
