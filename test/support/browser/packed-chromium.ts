import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { inflate } from "@sparticuz/chromium";

const ROOT = new URL("../../../", import.meta.url).pathname;
const CACHE = join(ROOT, "node_modules/.cache/tickwheel");
/** The browser, its fonts, and the libraries that a bare Debian does not have. */
const PARTS = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"] as const;

/** A Chromium as it lies on the disk, and what its environment must hold for it to start. */
export interface UnpackedChromium {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Unpacks the Chromium that npm installed, once for each version of it. It needs nothing of the system but
 * its C library, and no right but that to write below `node_modules`.
 */
export async function unpackChromium(): Promise<UnpackedChromium> {
  const build = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const home = dirname(dirname(build));
  const folder = join(CACHE, `chromium-${versionOf(join(home, "package.json"))}`);
  if (!existsSync(folder)) await unpackTo(folder, join(home, "bin"));
  return {
    path: join(folder, "chromium"),
    env: {
      LD_LIBRARY_PATH: join(folder, "al2023/lib"),
      FONTCONFIG_FILE: join(folder, "fonts.conf"),
    },
  };
}

function versionOf(file: string): string {
  const { version }: { readonly version?: unknown } = JSON.parse(readFileSync(file, "utf8"));
  return String(version);
}

/** It takes its place at the end, so that one that is there is whole. */
async function unpackTo(folder: string, parts: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(join(CACHE, "unpacking-"));
  try {
    await unpackInto(made, parts);
    writeFileSync(join(made, "fonts.conf"), fontsConf(folder));
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Unless another process was quicker, there is none.
    if (!existsSync(folder)) throw error;
  }
}

/** The package unpacks into the folder for temporary files and takes whatever lies there for its own. */
async function unpackInto(folder: string, parts: string): Promise<void> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  // The folder is read when each of them begins, before anything is waited for.
  const unpacked = PARTS.map((name) => inflate(join(parts, name)));
  if (before === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = before;
  await Promise.all(unpacked);
}

/** The fonts of the system, where there are any, beside those of the package. */
function fontsConf(folder: string): string {
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
    "<fontconfig>",
    '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>',
    "<dir>/usr/share/fonts</dir>",
    `<dir>${folder}/fonts</dir>`,
    `<cachedir>${folder}/fonts-cache</cachedir>`,
    "</fontconfig>",
    "",
  ].join("\n");
}
