import { createHash, randomBytes } from "node:crypto";
import { uuidv7 } from "uuidv7";
import type { Directory } from "../ports/directory.ts";
import { keepSecret, type DataFolder } from "./data-folder.ts";

/**
 * A deployment without any token would be one that nobody can use: its first start makes an admin token
 * and leaves it in the data folder, readable by this user only. Returns the file, or null when there are
 * tokens already.
 */
export async function makeFirstToken(
  directory: Directory,
  folder: DataFolder,
  nowMs: number,
): Promise<string | null> {
  const existing = await directory.tokens("default", { limit: 1, afterId: null });
  if (existing.length > 0) return null;
  const token = `tw_${randomBytes(32).toString("base64url")}`;
  await directory.createToken(
    {
      id: `tok_${uuidv7().replaceAll("-", "")}`,
      name: "first-token",
      namespace: "default",
      hash: createHash("sha256").update(token).digest("hex"),
      prefix: token.slice(0, 9),
      scopes: ["read", "write", "admin"],
      createdMs: nowMs,
      expiresMs: null,
      lastUsedMs: null,
      revokedMs: null,
      executors: null,
      createdBy: null,
    },
    null,
  );
  return keepSecret(folder, "first-token", token);
}
