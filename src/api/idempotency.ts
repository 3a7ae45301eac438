import type { Context } from "hono";
import type { z } from "@hono/zod-openapi";
import { hashBelow } from "../core/hash.ts";
import { Refusal } from "../core/refusal.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { ApiIdempotency, Directory } from "../ports/directory.ts";
import type { Idempotency } from "../ports/shard-client.ts";
import type { ApiEnv } from "./api-deps.ts";
import { sha256Hex } from "./digest.ts";
import { DEFAULT_NAMESPACE, type Principal } from "./principal.ts";

const IDEMPOTENCY_KEPT_MS = 86_400_000;
/** Set on an answer that is a first answer given again. */
export const REPLAYED_HEADER = "Idempotency-Replayed";

const KEY = /^[\u0020-\u007e]{1,255}$/;

/**
 * What the caller's `Idempotency-Key` stands for: bound to who sent it and to the whole request.
 */
export function idempotencyOf(c: Context<ApiEnv>): Idempotency | null {
  const sent = c.req.header("Idempotency-Key");
  if (sent === undefined) return null;
  if (!KEY.test(sent))
    throw new Refusal(
      "request.invalid",
      "The Idempotency-Key is not 1 to 255 visible characters.",
      {
        errors: [
          { pointer: "/header/idempotency-key", message: "Send 1 to 255 ASCII characters." },
        ],
        hint: "A UUID makes a good key.",
      },
    );
  return {
    key: sha256Hex(...whoOf(c.get("principal")), sent),
    bodyHash: sha256Hex(c.req.method, c.req.path, c.get("bodyText")),
  };
}

/** A token has one namespace; whoever may choose one may use a key anew in each. */
function whoOf(principal: Principal | null): readonly string[] {
  if (principal === null) return [""];
  const { kind, id, namespace } = principal;
  return kind === "token" || namespace === DEFAULT_NAMESPACE ? [id] : [id, namespace];
}

/** The shard that reserves a key, whatever shard its command runs on. */
export function homeShardOf(key: string, shards: number): number {
  return hashBelow(key, shards);
}

/** Says on an answer that it is a first answer given again. */
export function markReplay(c: Context<ApiEnv>, isReplay: boolean): void {
  if (isReplay) c.header(REPLAYED_HEADER, "true");
}

export interface OnceParts<S extends z.ZodType> {
  readonly directory: Directory;
  readonly cipher: Cipher;
  readonly idempotency: Idempotency | null;
  readonly nowMs: number;
  /** What the answer looks like: a stored one is read back through it. */
  readonly schema: S;
}

export interface OnceAnswer<T> {
  readonly body: T;
  readonly isReplay: boolean;
}

/**
 * A write that the API itself makes, at most once for one key. `write` gets the function that turns
 * the answer into the entry to be stored in the same batch; the answer is sealed because it may
 * hold a secret.
 */
export async function answerOnce<S extends z.ZodType>(
  parts: OnceParts<S>,
  write: (entryOf: (body: z.infer<S>) => ApiIdempotency | null) => Promise<z.infer<S>>,
): Promise<OnceAnswer<z.infer<S>>> {
  const { idempotency } = parts;
  if (idempotency === null) return { body: await write(() => null), isReplay: false };
  const earlier = await storedAnswer(parts, idempotency);
  if (earlier !== null) return earlier;
  try {
    const body = await write((answer) => entryFor(parts, idempotency, answer));
    return { body, isReplay: false };
  } catch (error) {
    // The same request may have been quicker by another way: then its answer is ours.
    const other = error instanceof Refusal ? await storedAnswer(parts, idempotency) : null;
    if (other !== null) return other;
    throw error;
  }
}

async function storedAnswer<S extends z.ZodType>(
  parts: OnceParts<S>,
  idempotency: Idempotency,
): Promise<OnceAnswer<z.infer<S>> | null> {
  const entry = await parts.directory.idempotency(idempotency.key);
  if (entry === null || entry.expiresMs <= parts.nowMs) return null;
  if (entry.bodyHash !== idempotency.bodyHash)
    throw new Refusal(
      "idempotency.mismatch",
      "This Idempotency-Key was used for a request with another method, path or body.",
    );
  const text = parts.cipher.open(entry.sealedReply, contextOf(idempotency));
  return { body: parts.schema.parse(JSON.parse(text)), isReplay: true };
}

function entryFor<S extends z.ZodType>(
  parts: OnceParts<S>,
  idempotency: Idempotency,
  body: z.infer<S>,
): ApiIdempotency {
  return {
    key: idempotency.key,
    bodyHash: idempotency.bodyHash,
    sealedReply: parts.cipher.seal(JSON.stringify(body), contextOf(idempotency)),
    expiresMs: parts.nowMs + IDEMPOTENCY_KEPT_MS,
  };
}

function contextOf(idempotency: Idempotency): string {
  return `idempotency\u0000${idempotency.key}`;
}
