import { afterEach, beforeEach, expect, it } from "vitest";
import { NO_ENTRIES, walkChain } from "../../src/core/audit-chain.ts";
import { sha256Hex } from "../../src/api/digest.ts";
import { BASE_PATH, ROUTES } from "../../src/api/routes.ts";
import type { AuditEntry } from "../../src/ports/audit.ts";
import { DRIVERS, openAudited } from "../support/audit-drivers.ts";
import type { OpenApi } from "../support/open-api.ts";

let open: OpenApi;

beforeEach(async () => {
  open = await openAudited();
});
afterEach(() => open.close());

/** Every entry of the namespace, along its chain, which must hold. */
async function entries(): Promise<readonly AuditEntry[]> {
  await open.recordsCaughtUp();
  const links = await open.deps.auditReader.chain("default", 1, 1_000);
  expect(walkChain(NO_ENTRIES, links, sha256Hex)).toMatchObject({ brokenAt: null });
  return links.flatMap(({ entry }) => entry ?? []);
}

const audited = ROUTES.filter((line) => line.isAudited).map(
  ({ method, path }) => `${method} ${path.slice(BASE_PATH.length)}`,
);

it.each(audited)("%s leaves exactly one entry when it succeeds", async (route) => {
  const driver = DRIVERS[route];
  if (driver === undefined) throw new Error(`${route} has a driver in audit-drivers.ts`);
  const act = await driver(open);
  const before = await entries();

  const got = await act();

  expect(got.status, got.text).toBeLessThan(300);
  const [entry, ...others] = (await entries()).slice(before.length);
  expect(others).toEqual([]);
  expect(entry).toMatchObject({
    namespace: "default",
    status: got.status,
    method: route.split(" ")[0],
    action: expect.stringMatching(/^[a-z_]+\.[a-z_]+$/),
    object: { kind: expect.stringMatching(/^[a-z_]+$/), id: expect.stringMatching(/^.+$/) },
    actor: { id: expect.stringMatching(/^.+$/), name: expect.stringMatching(/^.+$/) },
    address: "192.0.2.1",
    requestId: got.headers.get("x-request-id"),
  });
});

it("has no driver for a route that is gone", () => {
  expect(Object.keys(DRIVERS).toSorted()).toEqual([...audited].toSorted());
});
