import { createHash } from "node:crypto";
import type { OpenApi } from "./open-api.ts";

/** A token that may read, and of jobs only those of some executors. */
export async function limitedToken(open: OpenApi, executors: readonly string[]): Promise<string> {
  const token = `tw_${"l".repeat(43)}`;
  await open.deps.directory.createToken(
    {
      id: "tok_limited",
      name: "limited",
      namespace: "default",
      hash: createHash("sha256").update(token).digest("hex"),
      prefix: "tw_llll",
      scopes: ["read"],
      createdMs: open.nowMs,
      expiresMs: null,
      lastUsedMs: null,
      revokedMs: null,
      executors,
      createdBy: null,
    },
    null,
  );
  return token;
}
