import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "../ports/directory.ts";
import { SettingsError } from "./settings.ts";

const PRIVATE = 0o600;

/** The folder in which a standalone deployment keeps everything. */
export interface DataFolder {
  readonly path: string;
  fileOf(name: string): string;
}

/** Opens the folder, making it when it is absent. Throws `SettingsError` when nothing can be written there. */
export function openDataFolder(path: string): DataFolder {
  const folder = { path, fileOf: (name: string): string => join(path, name) };
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    writeFileSync(folder.fileOf(".writable"), "", { mode: PRIVATE });
  } catch (error) {
    throw new SettingsError(
      `The data folder ${path} cannot be written (${codeOf(error)}). ` +
        "Give this user the right to write there, or name another one with --data.",
      { cause: error },
    );
  }
  return folder;
}

/** The master key of the environment, or the one kept in the folder, which is made when there is none. */
export function masterKeyOf(folder: DataFolder, fromEnvironment: string | null): string {
  if (fromEnvironment !== null) return fromEnvironment;
  const file = folder.fileOf("master-key");
  const kept = readIfThere(file);
  if (kept !== null) return kept.trim();
  const made = randomBytes(32).toString("base64");
  // `wx` fails when another process has made it meanwhile, rather than replacing its key.
  writeFileSync(file, `${made}\n`, { mode: PRIVATE, flag: "wx" });
  return made;
}

/** The copy of the deployment's identity that lets a start go on while the records are away. */
export function keptDeployment(folder: DataFolder): Deployment | null {
  const text = readIfThere(folder.fileOf("deployment.json"));
  if (text === null) return null;
  // Written by `keepDeployment` only.
  const deployment: Deployment = JSON.parse(text);
  return deployment;
}

export function keepDeployment(folder: DataFolder, deployment: Deployment): void {
  const text = `${JSON.stringify(deployment, null, 2)}\n`;
  writeFileSync(folder.fileOf("deployment.json"), text, { mode: PRIVATE });
}

/** Writes a secret that a person must find once, readable by this user only; returns where. */
export function keepSecret(folder: DataFolder, name: string, secret: string): string {
  const file = folder.fileOf(name);
  writeFileSync(file, `${secret}\n`, { mode: PRIVATE });
  return file;
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw new SettingsError(`${file} cannot be read (${codeOf(error)}).`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
