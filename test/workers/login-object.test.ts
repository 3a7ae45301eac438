import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { addressGroup } from "../../src/core/login-limits.ts";
import { accountName, addressName, DurablePasswords } from "../../workers/login-rpc.ts";

const passwords = new DurablePasswords(env, addressGroup);
const TRIED = { address: "192.0.2.1", device: null, password: "guess", stored: null } as const;

describe("passwords in objects", () => {
  test("are hashed and compared as everywhere else", async () => {
    const stored = await passwords.hash("correct horse battery");
    const tried = { ...TRIED, account: "grace", stored };

    expect(stored).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/);
    expect(await passwords.verify({ ...tried, password: "correct horse battery" })).toEqual({
      kind: "matches",
      isOutdated: false,
    });
    expect(await passwords.verify(tried)).toEqual({ kind: "differs" });
    expect(await passwords.verify({ ...tried, account: "nobody", stored: null })).toEqual({
      kind: "differs",
    });
  });

  test("are guessed at by account, though the object lost its memory in between", async () => {
    const tried = { ...TRIED, account: "victim" };
    const kinds: string[] = [];
    // oxlint-disable-next-line no-await-in-loop -- One after another.
    for (let i = 0; i < 8; i++) kinds.push((await passwords.verify(tried)).kind);
    await evictDurableObject(env.LOGIN.getByName(accountName("victim")));
    const after = await passwords.verify(tried);
    const known = await passwords.verify({ ...tried, device: "d1" });

    expect(kinds.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => "differs"));
    expect(kinds.at(-1)).toBe("limited");
    expect(after.kind).toBe("limited");
    expect(known.kind).toBe("differs");
  });

  test("are guessed at by address, whatever the account", async () => {
    const kinds: string[] = [];
    for (let i = 0; i < 32; i++) {
      const at = { account: `user${i}`, address: `2001:db8::${i}`, device: null };
      const stub = env.LOGIN.getByName(addressName(addressGroup(at.address)));
      // oxlint-disable-next-line no-await-in-loop
      kinds.push(await admitted(stub, at));
    }

    expect(kinds.filter((kind) => kind === "admitted")).toHaveLength(30);
  });

  test("leave nothing behind once all is quiet", async () => {
    await passwords.verify({ ...TRIED, account: "passer-by" });
    const stub = env.LOGIN.getByName(accountName("passer-by"));

    const before = await countOf(stub);
    const ran = await runDurableObjectAlarm(stub);

    expect([before, ran, await countOf(stub)]).toEqual([2, true, 0]);
  });
});

async function admitted(
  stub: DurableObjectStub,
  tried: { readonly account: string; readonly address: string; readonly device: null },
): Promise<string> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The binding names `LoginObject`.
  const rpc = stub as unknown as { admit(wish: typeof tried): Promise<number> };
  return (await rpc.admit(tried)) === 0 ? "admitted" : "waits";
}

function countOf(stub: DurableObjectStub): Promise<number> {
  return runInDurableObject(stub, (_, state) => [...state.storage.kv.list()].length);
}
