import { randomUUID } from "node:crypto";
import { opensKeyCheck, sealKeyCheck } from "../adapters/key-check.ts";
import { Refusal } from "../core/refusal.ts";
import type { Cipher } from "../ports/cipher.ts";
import type { Deployment, Directory } from "../ports/directory.ts";
import { keepDeployment, keptDeployment, type DataFolder } from "./data-folder.ts";
import { SettingsError } from "./settings.ts";

/**
 * Who this deployment is: as the records say, or the data folder while they are away. Made at the first
 * start. Throws `SettingsError` when `SHARDS` or the master key are not those it was made with.
 */
export async function openDeployment(place: {
  readonly folder: DataFolder;
  readonly directory: Directory;
  readonly cipher: Cipher;
  readonly shards: number | null;
  readonly nowMs: number;
}): Promise<Deployment> {
  const { folder, cipher } = place;
  const kept = keptDeployment(folder);
  const deployment = await readOrMake(place, kept);
  if (kept !== null && kept.id !== deployment.id)
    throw new SettingsError(
      `The data folder ${folder.path} belongs to deployment ${kept.id}, the records to ` +
        `${deployment.id}. Give this data folder its own LIBSQL_URL.`,
    );
  if (place.shards !== null && place.shards !== deployment.shards)
    throw new SettingsError(
      `This deployment was made with SHARDS=${deployment.shards}, not ${place.shards}. ` +
        `Start it with SHARDS=${deployment.shards}, or name an empty folder with --data.`,
    );
  if (!opensKeyCheck(cipher, deployment.keyCheck))
    throw new SettingsError(
      "MASTER_KEY is not the key that this deployment was made with. " +
        "Set the one that was used then, or name an empty folder with --data.",
    );
  if (kept === null) keepDeployment(folder, deployment);
  return deployment;
}

async function readOrMake(
  place: {
    readonly directory: Directory;
    readonly cipher: Cipher;
    readonly shards: number | null;
    readonly nowMs: number;
  },
  kept: Deployment | null,
): Promise<Deployment> {
  const { directory, cipher, shards, nowMs } = place;
  try {
    const stored = await directory.deployment();
    if (stored !== null) return stored;
    return await directory.createDeployment(
      kept ?? {
        id: `dep_${randomUUID().replaceAll("-", "")}`,
        shards: shards ?? 1,
        keyCheck: sealKeyCheck(cipher),
        createdMs: nowMs,
      },
    );
  } catch (error) {
    const isAway = error instanceof Refusal && error.data.code === "records.unavailable";
    if (isAway && kept !== null) return kept;
    if (!isAway) throw error;
    throw new SettingsError(
      "The records cannot be reached, and this data folder was never started before. " +
        "Check LIBSQL_URL and LIBSQL_TOKEN.",
      { cause: error },
    );
  }
}
