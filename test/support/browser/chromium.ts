import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { CHINESE_FONTS_PACKAGE, hasChineseFonts } from "./chinese-fonts.ts";
import { canInstall, installPackages } from "./debian-packages.ts";
import { unpackChromium } from "./packed-chromium.ts";

const exec = promisify(execFile);
const VERSION_MS_MAX = 30_000;
const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
] as const;

/** A browser that starts on this machine. */
export interface Chromium {
  readonly path: string;
  /** As it says it itself, such as `Chromium 156.0.8078.79`. */
  readonly version: string;
  /** What its environment must hold beside ours. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A Chromium for the tests: one that is installed, else Debian's, else the one that npm installed. Fonts for
 * Chinese come from Debian where that may be asked; without them everything works but the looks. `say` hears in
 * one line what was done. Throws when no browser starts.
 */
export async function findChromium(say: (line: string) => void): Promise<Chromium> {
  const startedMs = Date.now();
  const before = await installedChromium();
  const needs = [
    ...(before === null ? ["chromium"] : []),
    ...((await hasChineseFonts()) ? [] : [CHINESE_FONTS_PACKAGE]),
  ];
  const done = needs.length === 0 ? "" : await installing(needs);
  const found = before ?? (await installedChromium()) ?? (await packedChromium());
  const seconds = ((Date.now() - startedMs) / 1_000).toFixed(1);
  say(`browser: ${found.version} at ${found.path}${done} (${seconds} s)`);
  return found;
}

async function installing(names: readonly string[]): Promise<string> {
  if (!canInstall()) return `; not installed: ${names.join(", ")}`;
  const fault = await installPackages(names);
  const list = names.join(", ");
  return fault === null ? `; installed ${list}` : `; could not install ${list}: ${fault}`;
}

async function installedChromium(): Promise<Chromium | null> {
  for (const path of INSTALLED) {
    const version = existsSync(path) ? await versionOf(path, {}) : null;
    if (version !== null) return { path, version, env: {} };
  }
  return null;
}

async function packedChromium(): Promise<Chromium> {
  const { path, env } = await unpackChromium();
  const version = await versionOf(path, env);
  if (version === null)
    throw new Error(`No browser: install Chromium; the one at ${path} does not start here.`);
  return { path, version, env };
}

/** Null when it does not start: some distributions put a mere hint to another shop in its place. */
async function versionOf(path: string, env: Chromium["env"]): Promise<string | null> {
  try {
    const options = { env: { ...process.env, ...env }, timeout: VERSION_MS_MAX };
    const { stdout } = await exec(path, ["--version"], options);
    return stdout.trim();
  } catch {
    return null;
  }
}
