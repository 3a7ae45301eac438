import type { Context } from "hono";
import { assert } from "../core/assert.ts";
import { BoundedMap } from "../core/bounded-map.ts";
import { Refusal } from "../core/refusal.ts";
import type { ExecutorCommandKind, ExecutorOutput } from "../ports/executor-commands.ts";
import type { Executors } from "../ports/executors.ts";
import type { ApiDeps, ApiEnv, ExecCaller } from "./api-deps.ts";
import { callKeeper, type KeeperOrder } from "./keeper-call.ts";
import { unlessRefused } from "./shard-call.ts";

/** Executors whose secrets are remembered. */
const EXECUTORS_MAX = 10_000;

type KeptSecrets = ExecutorOutput<"executor.secrets">;

const NOBODY: KeptSecrets = { namespace: "", secrets: [] };

/** The executor that sent the request. The guard has verified its token; no use of it was taken. */
export function execCallerOf(c: Context<ApiEnv>): ExecCaller {
  const caller = c.get("execCaller");
  assert(caller !== null, "the guard lets nobody to this route without an executor's token");
  return caller;
}

/**
 * Takes the one use of the caller's token, for a call that is about runs. Throws `token.invalid` when it
 * was used before, or its secret is not live any more.
 */
export async function useToken(executors: Executors, caller: ExecCaller): Promise<void> {
  await callAsExecutor(executors, caller, { kind: "token.use", input: { token: caller.token } });
}

/** A command that takes the token's use itself. All that is wrong with the token is one answer. */
export async function callAsExecutor<K extends ExecutorCommandKind>(
  executors: Executors,
  { appKey }: ExecCaller,
  order: Pick<KeeperOrder<K>, "kind" | "input">,
): Promise<ExecutorOutput<K>> {
  const call = callKeeper(executors, { ...order, appKey, idempotency: null });
  const answer = await unlessRefused(["token.invalid", "executor.unknown"], call);
  if (answer === null) throw execTokenRefused();
  return answer.value;
}

/** The one answer to every token that does not count, so that it teaches nobody anything. */
export function execTokenRefused(): Refusal {
  return new Refusal("token.invalid", "The executor's token does not count here.", {
    hint: "Sign a new one for each call, with a live appSecret, for exactly the body that is sent.",
  });
}

/**
 * Tells whose token a request carries. Secrets are remembered without an end: whether they are live the
 * keeper checks when it takes the token's use, and a token that none of them fits makes us ask anew.
 */
export class ExecCallers {
  readonly #deps: Pick<ApiDeps, "executors" | "execTokens">;
  readonly #known = new BoundedMap<string, KeptSecrets>(EXECUTORS_MAX);

  constructor(deps: Pick<ApiDeps, "executors" | "execTokens">) {
    this.#deps = deps;
  }

  /**
   * The caller, or null for a token that does not count. The keeper is asked for every token that what
   * is remembered does not fit, known appKey or not: the work is the same, so it tells nobody which
   * appKeys exist. `mayAsk` false leaves the keeper alone.
   */
  async callerOf(
    call: { readonly bearer: string; readonly bodyText: string; readonly nowMs: number },
    mayAsk: boolean,
  ): Promise<ExecCaller | null> {
    const { execTokens } = this.#deps;
    const appKey = execTokens.claimedAppKey(call.bearer);
    if (appKey === null) return null;
    const remembered = await this.#verified(call, appKey, this.#known.get(appKey) ?? NOBODY);
    if (remembered !== null || !mayAsk) return remembered;
    const asked = callKeeper(this.#deps.executors, {
      appKey,
      kind: "executor.secrets",
      input: {},
      idempotency: null,
    });
    const kept = (await unlessRefused(["executor.unknown"], asked))?.value ?? NOBODY;
    const caller = await this.#verified(call, appKey, kept);
    if (caller !== null) this.#known.set(appKey, kept);
    return caller;
  }

  async #verified(
    { bearer, bodyText, nowMs }: Parameters<ExecCallers["callerOf"]>[0],
    appKey: string,
    { namespace, secrets }: KeptSecrets,
  ): Promise<ExecCaller | null> {
    const expected = { appKey, namespace, secrets, bodyText, nowMs };
    const token = await this.#deps.execTokens.verify(bearer, expected);
    return token === null ? null : { namespace, appKey, token };
  }
}
