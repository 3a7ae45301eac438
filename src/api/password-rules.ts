import { Refusal } from "../core/refusal.ts";

export const PASSWORD_LIMITS = { charsMin: 12, charsMax: 256 } as const;

/** Those of twelve characters and more that everybody tries first. */
const COMMON: ReadonlySet<string> = new Set([
  "000000000000",
  "012345678910",
  "111111111111",
  "123123123123",
  "1234567890ab",
  "1234567890qwerty",
  "123456789012",
  "1234567891011",
  "123456789abc",
  "1q2w3e4r5t6y",
  "1qaz2wsx3edc",
  "1qaz2wsx3edc4rfv",
  "adminadminadmin",
  "administrator",
  "asdfghjkl123",
  "changemechangeme",
  "iloveyou1234",
  "letmeinletmein",
  "p@ssw0rd1234",
  "passw0rd1234",
  "password1234",
  "password12345",
  "password123456",
  "passwordpassword",
  "q1w2e3r4t5y6",
  "qwerty123456",
  "qwertyqwerty",
  "qwertyuiop12",
  "qwertyuiop123",
  "qwertyuiop[]",
  "schedulerscheduler",
  "supersecretpassword",
  "tickwheeltickwheel",
  "welcome12345",
  "zaq12wsxcde3",
]);

/** Letters and digits that are not mistaken for each other: 5 bits each. */
const ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz";
const GROUPS = 5;
const GROUP_CHARS = 4;

/** Throws `password.weak`, naming the field, for one that is too easy to guess. */
export function checkPassword(password: string, username: string, pointer: string): void {
  const why = weaknessOf(password, username);
  if (why === null) return;
  throw new Refusal("password.weak", `The password ${why}.`, {
    errors: [{ pointer, message: `It ${why}.` }],
  });
}

/** Why a password is too easy to guess; null when it is not. */
export function weaknessOf(password: string, username: string): string | null {
  const { charsMin, charsMax } = PASSWORD_LIMITS;
  if (Array.from(password).length < charsMin) return `has fewer than ${charsMin} characters`;
  if (password.length > charsMax) return `has more than ${charsMax} characters`;
  const plain = password.toLowerCase();
  if (plain === username.toLowerCase()) return "is the username";
  if (COMMON.has(plain)) return "is one of the first that everybody tries";
  if (new Set(plain).size === 1) return "is one character, repeated";
  return null;
}

/** A password of 100 bits in groups that a person can read out, such as `9ft2-kq7w-…`. */
export function generatePassword(secretBytes: (count: number) => Uint8Array): string {
  const chars = [...secretBytes(GROUPS * GROUP_CHARS)].map((byte) => ALPHABET[byte % 32] ?? "");
  const starts = Array.from({ length: GROUPS }, (_, group) => group * GROUP_CHARS);
  return starts.map((at) => chars.slice(at, at + GROUP_CHARS).join("")).join("-");
}
