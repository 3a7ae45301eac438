import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { Cipher } from "../ports/cipher.ts";

const KEY_BYTES = 32;
/** NIST SP 800-38D, 8.2.2: random nonces of 96 bits serve 2^32 texts under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "v1";
/** A random key of 32 bytes has about thirty different ones; a typed or repeated one has not. */
const DISTINCT_BYTES_MIN = 10;

/**
 * A cipher under the deployment's master key: AES-256-GCM with a key of its own, derived for
 * sealing alone. Throws an error with one clear line when the key is not 32 random bytes in Base64.
 */
export function createCipher(masterKeyBase64: string): Cipher {
  const masterKey = parseMasterKey(masterKeyBase64);
  const sealingKey = hkdf(masterKey, "seal");

  return {
    seal(plain, context) {
      const nonce = Buffer.from(randomBytes(NONCE_BYTES));
      const sealer = createCipheriv("aes-256-gcm", sealingKey, nonce);
      sealer.setAAD(Buffer.from(context, "utf8"));
      const sealed = Buffer.concat([
        sealer.update(plain, "utf8"),
        sealer.final(),
        sealer.getAuthTag(),
      ]);
      return `${VERSION}.${nonce.toString("base64url")}.${sealed.toString("base64url")}`;
    },

    open(sealed, context) {
      try {
        return unseal(sealed, context, sealingKey);
      } catch (cause) {
        throw new Error("the sealed text does not open here", { cause });
      }
    },

    derive: (purpose) => hkdf(masterKey, `derive\u0000${purpose}`),
  };
}

function unseal(sealed: string, context: string, key: Uint8Array): string {
  const [version, nonceText, text, ...rest] = sealed.split(".");
  const nonce = Buffer.from(nonceText ?? "", "base64url");
  const bytes = Buffer.from(text ?? "", "base64url");
  const isOurs = version === VERSION && rest.length === 0 && nonce.length === NONCE_BYTES;
  if (!isOurs || bytes.length < TAG_BYTES) throw new Error("this is not a sealed text");
  const opener = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  opener.setAAD(Buffer.from(context, "utf8"));
  opener.setAuthTag(bytes.subarray(-TAG_BYTES));
  const plain = opener.update(bytes.subarray(0, -TAG_BYTES));
  return Buffer.concat([plain, opener.final()]).toString("utf8");
}

function parseMasterKey(base64: string): Buffer {
  const bytes = Buffer.from(base64, "base64");
  // Node skips characters that are not Base64; the key must be exactly what was written.
  const isExact = bytes.toString("base64").replace(/=+$/, "") === base64.trim().replace(/=+$/, "");
  if (!isExact || bytes.length !== KEY_BYTES)
    throw new Error("MASTER_KEY must be 32 random bytes in Base64 (openssl rand -base64 32)");
  const values: readonly number[] = [...new Uint8Array(bytes)];
  const steps = values.map((value, i) => (value - (values[i - 1] ?? 0)) & 0xff).slice(1);
  const isCounting = new Set(steps).size === 1;
  if (isCounting || new Set(values).size < DISTINCT_BYTES_MIN)
    throw new Error("MASTER_KEY is not random (make one with: openssl rand -base64 32)");
  return bytes;
}

function hkdf(masterKey: Buffer, info: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterKey, "tickwheel", info, KEY_BYTES));
}
