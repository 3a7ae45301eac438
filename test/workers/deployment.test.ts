import { expect, test } from "vitest";
import { createCipher } from "../../src/adapters/cipher.ts";
import { sealKeyCheck } from "../../src/adapters/key-check.ts";
import { Refusal } from "../../src/core/refusal.ts";
import type { Deployment } from "../../src/ports/directory.ts";
import { openDeployment, type DeploymentPlace } from "../../workers/deployment.ts";
import { MASTER_KEY, OTHER_MASTER_KEY } from "../support/master-keys.ts";

const cipher = createCipher(MASTER_KEY);
const STORED: Deployment = {
  id: "dep_stored",
  shards: 4,
  keyCheck: sealKeyCheck(cipher),
  createdMs: 1,
};

/** Records that hold this deployment, or none yet. */
function aPlace(stored: Deployment | null, change: Partial<DeploymentPlace> = {}): DeploymentPlace {
  return {
    directory: {
      deployment: () => Promise.resolve(stored),
      createDeployment: (made) => Promise.resolve(made),
    },
    cipher,
    shards: null,
    newId: () => "01234567-89ab-7def-8123-456789abcdef",
    nowMs: 1_000,
    kept: () => Promise.resolve(null),
    ...change,
  };
}

function away(): Promise<never> {
  return Promise.reject(new Refusal("records.unavailable", "The records cannot be reached."));
}

test("the first start makes the deployment", async () => {
  const deployment = await openDeployment(aPlace(null, { shards: 16 }));

  expect(deployment).toMatchObject({ id: "dep_0123456789ab7def8123456789abcdef", shards: 16 });
});

test("later starts take what is stored", async () => {
  await expect(openDeployment(aPlace(STORED))).resolves.toEqual(STORED);
  await expect(openDeployment(aPlace(STORED, { shards: 4 }))).resolves.toEqual(STORED);
});

test("another number of shards is refused with the way out", async () => {
  await expect(openDeployment(aPlace(STORED, { shards: 8 }))).rejects.toThrow(
    "This deployment was made with SHARDS=4, not 8. Set SHARDS to 4 in wrangler.toml",
  );
});

test("another master key is refused with the way out", async () => {
  const place = aPlace(STORED, { cipher: createCipher(OTHER_MASTER_KEY) });

  await expect(openDeployment(place)).rejects.toThrow("MASTER_KEY is not the key");
});

test("while the records are away a shard says who the deployment is", async () => {
  const directory = { deployment: away, createDeployment: away };
  const kept = (): Promise<Deployment> => Promise.resolve(STORED);

  await expect(openDeployment(aPlace(null, { directory, kept }))).resolves.toEqual(STORED);
  await expect(openDeployment(aPlace(null, { directory }))).rejects.toThrow("records.unavailable");
});
