import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

const exec = promisify(execFile);
const UPDATE_MS_MAX = 60_000;
const INSTALL_MS_MAX = 240_000;
const OUTPUT_BYTES_MAX = 16_777_216;
/** A mirror that does not answer is given up soon: there is another way to a browser. */
const APT_OPTIONS = [
  "-o",
  "DPkg::Lock::Timeout=60",
  "-o",
  "Acquire::Retries=1",
  "-o",
  "Acquire::http::Timeout=20",
  "-o",
  "Acquire::https::Timeout=20",
] as const;

/**
 * Whether this process may install packages of Debian. Ubuntu has `apt-get` too, but its Chromium is only a
 * door to the snap store.
 */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get") && isDebian();
}

function isDebian(): boolean {
  const file = "/etc/os-release";
  return existsSync(file) && /^ID="?debian"?$/m.test(readFileSync(file, "utf8"));
}

/**
 * Installs packages with what they need and nothing that is only recommended. Returns null, or in one line
 * why it could not.
 */
export async function installPackages(names: readonly string[]): Promise<string | null> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const limits = { env, maxBuffer: OUTPUT_BYTES_MAX };
  const install = ["install", "-y", "--no-install-recommends", ...names];
  try {
    await exec("apt-get", [...APT_OPTIONS, "update"], { ...limits, timeout: UPDATE_MS_MAX });
    await exec("apt-get", [...APT_OPTIONS, ...install], { ...limits, timeout: INSTALL_MS_MAX });
    return null;
  } catch (error) {
    const said = error instanceof Error ? error.message.trim().split("\n").at(-1) : null;
    return said ?? String(error);
  }
}
