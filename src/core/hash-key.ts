import { compileExpression, readExpression } from "./expression.ts";
import type { Json } from "./json.ts";
import type { TargetSpec } from "./job.ts";

type HashTarget = Pick<Extract<TargetSpec, { readonly kind: "executor" }>, "route" | "hashKey">;

export const HASH_KEY_LIMITS = { charsMax: 4_096 } as const;

/** What a hash key may speak of. */
export const HASH_KEY_NAMES = ["job", "params", "nominalAt"] as const;
/** Where in a job it stands. */
const HASH_KEY = { names: HASH_KEY_NAMES, pointer: "/target/hashKey" } as const;

/** What consistent hashing hashes, or why it cannot be told: then the attempt has failed. */
export type HashKey =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "error"; readonly message: string };

/** Refuses a job whose hash key is no sound expression. */
export function checkHashKey(target: TargetSpec): void {
  if (target.kind === "executor" && target.hashKey !== null)
    compileExpression(target.hashKey, HASH_KEY);
}

/**
 * The text that consistent hashing hashes for one occasion of a job: its expression over the job's name, the
 * params and the nominal time as text, or the job's name without one. Two values are the same key when
 * their JSON text is the same.
 */
export function hashKeyOf(
  { route, hashKey }: HashTarget,
  occasion: {
    readonly job: string;
    readonly params: { readonly [key: string]: Json };
    readonly nominalMs: number;
  },
): HashKey {
  const { job, params, nominalMs } = occasion;
  if (route !== "consistent_hash" || hashKey === null) return { kind: "key", key: job };
  const expression = readExpression(hashKey, HASH_KEY.names);
  if (typeof expression === "string") return { kind: "error", message: expression };
  const nominalAt = new Date(nominalMs).toISOString();
  const evaluated = expression.evaluate({ job, params, nominalAt });
  if (evaluated.kind === "error") return evaluated;
  const { value } = evaluated;
  const key = typeof value === "string" ? value : JSON.stringify(value);
  return key.length <= HASH_KEY_LIMITS.charsMax
    ? { kind: "key", key }
    : { kind: "error", message: `It is longer than ${HASH_KEY_LIMITS.charsMax} characters.` };
}
