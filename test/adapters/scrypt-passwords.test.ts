import { describe, expect, it } from "vitest";
import { ScryptPasswords } from "../../src/adapters/scrypt-passwords.ts";
import type { LoginBucket } from "../../src/core/login-limits.ts";
import { CHEAP_COST } from "../support/open-api.ts";

const TRIED = { account: "grace", address: "192.0.2.1", device: null } as const;
const cheap = (): ScryptPasswords =>
  new ScryptPasswords(new Map<string, LoginBucket>(), { cost: CHEAP_COST });

describe("a hash of a password", () => {
  it("says what it cost, and never says the same twice", async () => {
    const passwords = new ScryptPasswords(new Map());

    const [one, two] = await Promise.all([passwords.hash("secret"), passwords.hash("secret")]);

    expect(one).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(two);
    expect(await passwords.verify({ ...TRIED, password: "secret", stored: two }, 0)).toEqual({
      kind: "matches",
      isOutdated: false,
    });
  });

  it("is that of one password, however its characters are spelt", async () => {
    const passwords = cheap();
    const stored = await passwords.hash("caf\u00e9 au lait");
    const kindOf = async (password: string): Promise<string> =>
      (await passwords.verify({ ...TRIED, password, stored }, 0)).kind;

    expect(await kindOf("cafe\u0301 au lait")).toBe("matches");
    expect(await kindOf("cafe au lait")).toBe("differs");
    expect(await kindOf("")).toBe("differs");
  });

  it("is outdated when it cost something else than today", async () => {
    const stored = await cheap().hash("secret");
    const passwords = new ScryptPasswords(new Map(), { cost: { ...CHEAP_COST, parallel: 2 } });

    expect(await passwords.verify({ ...TRIED, password: "secret", stored }, 0)).toEqual({
      kind: "matches",
      isOutdated: true,
    });
  });

  it.each([
    null,
    "",
    "secret",
    "$scrypt$ln=30,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=4,r=8,p=99$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  ])("is matched by nothing when it is %j", async (stored) => {
    const verdict = await cheap().verify({ ...TRIED, password: "secret", stored }, 0);

    expect(verdict).toEqual({ kind: "differs" });
  });
});

describe("hashing", () => {
  it("happens at most twice at once; who is known goes first, and who finds no room is told", async () => {
    const passwords = cheap();
    const stored = await passwords.hash("secret");
    const order: string[] = [];
    const tryAs = async (name: string, device: string | null): Promise<string> => {
      const tried = { account: name, address: name, device, password: "secret", stored };
      const { kind } = await passwords.verify(tried, 0);
      order.push(name);
      return kind;
    };

    const strangers = Array.from({ length: 30 }, (_, i) => tryAs(`stranger${i}`, null));
    const known = tryAs("known", "d");
    const kinds = await Promise.all(strangers);

    expect(await known).toBe("matches");
    expect(kinds.filter((kind) => kind === "matches")).toHaveLength(22);
    expect(kinds.filter((kind) => kind === "limited")).toHaveLength(8);
    const hashed = order.filter((name) => {
      const i = Number(name.replace("stranger", ""));
      return name === "known" || i < 22;
    });
    expect(hashed.indexOf("known")).toBeLessThan(4);
  });
});
