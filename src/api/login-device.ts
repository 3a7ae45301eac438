import { createHmac } from "node:crypto";
import type { ApiDeps } from "./api-deps.ts";
import { isSameDigest, sha256Hex } from "./digest.ts";

const DEVICE_BYTES = 16;
const DEVICE = /^([A-Za-z0-9_-]{22})\.(\d{1,15})\.([0-9a-f]{64})\.([0-9a-f]{64})$/;
/** A browser that did not log in for so long is a stranger again. */
export const DEVICE_LIFE_MS = 180 * 86_400_000;

/**
 * What a browser keeps of its last login: a name for itself and the account, signed. It opens nothing; it only
 * shows that whoever tries to log in there has done so before, so that strangers' tries do not count against it
 * (OWASP, "Device Cookies").
 */
export class LoginDevices {
  readonly #deps: Pick<ApiDeps, "cipher" | "secretBytes" | "deployment">;
  #key: Uint8Array | null = null;

  constructor(deps: Pick<ApiDeps, "cipher" | "secretBytes" | "deployment">) {
    this.#deps = deps;
  }

  issue(account: string, nowMs: number): string {
    const device = Buffer.from(this.#deps.secretBytes(DEVICE_BYTES)).toString("base64url");
    const named = sha256Hex("account", account);
    return `${device}.${nowMs}.${named}.${this.#sign(device, nowMs, named)}`;
  }

  /** The name that the browser has for itself, whatever its account is; null when it is not ours. */
  deviceOf(text: string | null, nowMs: number): string | null {
    return this.#read(text, nowMs)?.device ?? null;
  }

  /** The same, if it is of this account. */
  deviceFor(account: string, text: string | null, nowMs: number): string | null {
    const read = this.#read(text, nowMs);
    return read?.account === sha256Hex("account", account) ? read.device : null;
  }

  #read(
    text: string | null,
    nowMs: number,
  ): { readonly device: string; readonly account: string } | null {
    const [, device, at, account, mac] = DEVICE.exec(text ?? "") ?? [];
    if (device === undefined || account === undefined || mac === undefined) return null;
    const atMs = Number(at);
    if (!isSameDigest(mac, this.#sign(device, atMs, account))) return null;
    return nowMs - atMs < DEVICE_LIFE_MS ? { device, account } : null;
  }

  #sign(device: string, atMs: number, account: string): string {
    this.#key ??= this.#deps.cipher.derive("login-device");
    const signed = [this.#deps.deployment.id, device, String(atMs), account].join("\u0000");
    return createHmac("sha256", this.#key).update(signed).digest("hex");
  }
}
