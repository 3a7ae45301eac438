import { opensKeyCheck, sealKeyCheck } from "../src/adapters/key-check.ts";
import { Refusal } from "../src/core/refusal.ts";
import type { Cipher } from "../src/ports/cipher.ts";
import type { Deployment, Directory } from "../src/ports/directory.ts";
import { SettingsError, SHARDS_DEFAULT } from "./settings.ts";

export interface DeploymentPlace {
  readonly directory: Pick<Directory, "deployment" | "createDeployment">;
  readonly cipher: Cipher;
  /** Null takes what the deployment was made with. */
  readonly shards: number | null;
  readonly newId: () => string;
  readonly nowMs: number;
  /** What a shard remembers of it, for when the records are away. */
  readonly kept: () => Promise<Deployment | null>;
}

/**
 * Who this deployment is: as the records say, or the shards while those are away. Made by the first
 * request. Throws `SettingsError` when `SHARDS` or the master key are not those it was made with, and
 * `Refusal("records.unavailable")` when nobody knows it.
 */
export async function openDeployment(place: DeploymentPlace): Promise<Deployment> {
  const deployment = await readOrMake(place);
  if (place.shards !== null && place.shards !== deployment.shards)
    throw new SettingsError(
      `This deployment was made with SHARDS=${deployment.shards}, not ${place.shards}. ` +
        `Set SHARDS to ${deployment.shards} in wrangler.toml and deploy again.`,
    );
  if (!opensKeyCheck(place.cipher, deployment.keyCheck))
    throw new SettingsError(
      "MASTER_KEY is not the key that this deployment was made with. " +
        "Set the one that was used then: npx wrangler secret put MASTER_KEY",
    );
  return deployment;
}

async function readOrMake(place: DeploymentPlace): Promise<Deployment> {
  const { directory, cipher, shards, newId, nowMs, kept } = place;
  try {
    const stored = await directory.deployment();
    if (stored !== null) return stored;
    return await directory.createDeployment({
      id: `dep_${newId().replaceAll("-", "")}`,
      shards: shards ?? SHARDS_DEFAULT,
      keyCheck: sealKeyCheck(cipher),
      createdMs: nowMs,
    });
  } catch (error) {
    const isAway = error instanceof Refusal && error.data.code === "records.unavailable";
    const known = isAway ? await kept().catch(() => null) : null;
    if (known === null) throw error;
    return known;
  }
}
