import { deepEqual, equal } from "node:assert/strict";
import { LibsqlDirectory } from "../../src/adapters/libsql-directory.ts";
import {
  NO_QUOTAS,
  type ApiIdempotency,
  type ApiToken,
  type Deployment,
} from "../../src/ports/directory.ts";
import type { OpenedRecords } from "../support/open-records.ts";
import { refuses } from "../support/records-queries.ts";
import type { ContractCase } from "./contract-case.ts";
import { directoryCalendarCases } from "./directory-calendar.cases.ts";
import { executorRecordsCases } from "./executor-records.cases.ts";

/** What the API may rely on when it writes by itself. Each case begins with empty records. */
export const directoryContract: readonly ContractCase<OpenedRecords>[] = [
  {
    name: "the first deployment stays, whoever comes later",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const first: Deployment = { id: "dep_1", shards: 8, keyCheck: "sealed", createdMs: 1 };

      equal(await directory.deployment(), null);
      deepEqual(await directory.createDeployment(first), first);
      deepEqual(await directory.createDeployment({ ...first, id: "dep_2", shards: 1 }), first);
      deepEqual(await directory.deployment(), first);
    },
  },
  {
    name: "a token's id is taken once, and the refused reply is not stored",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);

      await directory.createToken(aToken("a"), aReply("k1"));
      await refuses("name.taken", directory.createToken(aToken("a"), aReply("k2")));
      await refuses("name.taken", directory.createToken(aToken("a"), null));

      deepEqual(await directory.idempotency("k1"), aReply("k1"));
      equal(await directory.idempotency("k2"), null);
    },
  },
  {
    name: "two creates under one key make one thing, until the first reply has expired",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const second = { ...aReply("k"), sealedReply: "second", expiresMs: 9_000 };

      await directory.createToken(aToken("a"), aReply("k"));
      await refuses("idempotency.in_flight", directory.createToken(aToken("b"), second));
      equal(await directory.token("default", "b"), null);
      deepEqual(await directory.idempotency("k"), aReply("k"));

      await directory.createToken({ ...aToken("b"), createdMs: 5_000 }, second);
      deepEqual(await directory.idempotency("k"), second);
    },
  },
  {
    name: "a reply of its own stays until it expires",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const second = { ...aReply("k"), sealedReply: "second", expiresMs: 9_000 };

      await directory.putIdempotency(aReply("k"), 0);
      await directory.putIdempotency(second, 4_999);
      deepEqual(await directory.idempotency("k"), aReply("k"));

      await directory.putIdempotency(second, 5_000);
      deepEqual(await directory.idempotency("k"), second);
    },
  },
  {
    name: "creates that race under one key leave one token and its reply",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const results = await Promise.allSettled(
        ["a", "b", "c", "d"].map((id) =>
          directory.createToken(aToken(id), { ...aReply("k"), sealedReply: `reply of ${id}` }),
        ),
      );

      equal(results.filter(({ status }) => status === "fulfilled").length, 1);
      const tokens = await directory.tokens("default", { limit: 10, afterId: null });
      equal(tokens.length, 1);
      const reply = await directory.idempotency("k");
      equal(reply?.sealedReply, `reply of ${tokens[0]?.id}`);
    },
  },
  {
    name: "a token is found by its hash, touched forward only, and revoked once",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      await directory.createToken(aToken("a"), null);
      await directory.createToken(aToken("b"), null);
      await refuses("name.taken", directory.createToken(aToken("a"), null));

      await directory.touchToken("a", 50);
      await directory.touchToken("a", 40);
      equal(await directory.revokeToken("other", "a", 60), false);
      equal(await directory.revokeToken("default", "a", 60), true);
      equal(await directory.revokeToken("default", "a", 61), false);

      const used = { ...aToken("a"), lastUsedMs: 50, revokedMs: 60 };
      deepEqual(await directory.tokenByHash("hash of a"), used);
      deepEqual(await directory.token("default", "a"), used);
      equal(await directory.token("other", "a"), null);
      equal(await directory.tokenByHash("nothing"), null);
      const page = await directory.tokens("default", { limit: 10, afterId: "a" });
      deepEqual(page, [aToken("b")]);
    },
  },
  {
    name: "a namespace moves from version to version without a gap",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const first = {
        name: "default",
        version: 1,
        signingGenerations: [1],
        description: "",
        createdMs: null,
        quotas: NO_QUOTAS,
      };
      const second = {
        name: "default",
        version: 2,
        signingGenerations: [2, 1],
        description: "",
        createdMs: null,
        quotas: NO_QUOTAS,
      };

      equal(await directory.putNamespace(second, aReply("early")), false);
      equal(await directory.putNamespace(first, aReply("first")), true);
      equal(await directory.putNamespace(first, aReply("again")), false);
      equal(await directory.putNamespace(second, aReply("second")), true);

      deepEqual(await directory.namespace("default"), second);
      deepEqual(await directory.namespaces(10), [second]);
      equal(await directory.namespace("other"), null);
      equal(await directory.idempotency("early"), null);
      equal(await directory.idempotency("again"), null);
      deepEqual(await directory.idempotency("second"), aReply("second"));
    },
  },
  {
    name: "expired replies are purged, the oldest first and no more than asked",
    async run({ database }) {
      const directory = new LibsqlDirectory(database);
      const replies = ["a", "b", "c"].map((id, i) => aReply(id, 100 + i));
      await Promise.all(replies.map((reply) => directory.createToken(aToken(reply.key), reply)));

      await directory.purgeIdempotency(101, 1);
      equal(await directory.idempotency("a"), null);
      deepEqual((await directory.idempotency("b"))?.expiresMs, 101);
      await directory.purgeIdempotency(101, 10);
      equal(await directory.idempotency("b"), null);
      deepEqual((await directory.idempotency("c"))?.expiresMs, 102);
    },
  },
  {
    name: "a directory that cannot be reached refuses",
    async run({ database, client }) {
      const directory = new LibsqlDirectory(database);
      client.close();

      await refuses("records.unavailable", directory.deployment());
      await refuses("records.unavailable", directory.createToken(aToken("a"), aReply("k")));
      await refuses("records.unavailable", directory.tokenByHash("x"));
      await refuses("records.unavailable", directory.namespaces(1));
    },
  },
  ...directoryCalendarCases,
  ...executorRecordsCases,
];

function aToken(id: string): ApiToken {
  return {
    id,
    name: `token ${id}`,
    namespace: "default",
    hash: `hash of ${id}`,
    prefix: "tw_abc",
    scopes: ["read", "write"],
    createdMs: 10,
    expiresMs: null,
    lastUsedMs: null,
    revokedMs: null,
    executors: null,
    createdBy: null,
  };
}

function aReply(key: string, expiresMs = 5_000): ApiIdempotency {
  return { key, bodyHash: "hash", sealedReply: `reply under ${key}`, expiresMs };
}
