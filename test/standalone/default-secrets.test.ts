import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startHost } from "../support/host-process.ts";
import { scratchFolder } from "../support/scratch-folder.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const ADMIN_FILE = "first-admin-password";
const FILE_BYTES_MAX = 2_000_000;
/** Tests have secrets of their own, and locks the digests of packages. */
const NOT_SHIPPED = /^(?:test\/|package-lock\.json$)/;

/** A name of a secret, and a literal value for it. */
const GIVEN =
  /(?:master_?key|pass(?:word|wd)|secret|token|api_?key)["']?\s*[:=]\s*["'`]([\w+/=-]{12,})["'`]/gi;
/** The same as a line of an environment file or of TOML. */
const SET =
  /^\s*(?:MASTER_KEY|ADMIN_PASSWORD|BOOTSTRAP_TOKEN|SETUP_TOKEN|LIBSQL_TOKEN)\s*=\s*["']?(\S+)/gm;
/** What other schedulers were once shipped with. */
const KNOWN = /default_token|temporary_key|admin:admin|BEGIN [A-Z ]*PRIVATE KEY/g;

/** Who tries the door of a server that was started a minute ago. */
const FIRST_TRIES = [
  ["admin", "admin"],
  ["admin", "123456"],
  ["admin", "password"],
  ["admin", "changeme"],
  ["admin", "tickwheel"],
  ["admin", ""],
  ["root", "root"],
  ["tickwheel", "tickwheel"],
] as const;

/** What this version of the sources is made of, and is not only tests. */
function shippedFiles(): readonly string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const listed = execFileSync("git", args, { cwd: ROOT, encoding: "utf8" });
  return listed
    .split("\0")
    .filter((file) => file !== "" && !NOT_SHIPPED.test(file))
    .filter((file) => statSync(join(ROOT, file), { throwIfNoEntry: false })?.isFile() === true);
}

it("holds no secret in the files of the repository", () => {
  const files = shippedFiles();
  const found = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8").slice(0, FILE_BYTES_MAX);
    const values = [...text.matchAll(GIVEN), ...text.matchAll(SET)].map(([, value]) => value ?? "");
    const known = [...text.matchAll(KNOWN)].map(([value]) => value);
    return [...values.filter(looksLikeSecret), ...known].map((value) => `${file}: ${value}`);
  });

  expect(files.length).toBeGreaterThan(300);
  expect(found).toEqual([]);
});

/** Not a name in code, a place for a value, or the sample in an explanation. */
function looksLikeSecret(value: string): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value) && !/^[a-z]+(?:[-_.][a-z0-9]+)*$/.test(value);
}

it("finds such a secret where there is one", () => {
  const text = `const key = { MASTER_KEY: "q83vEjRWeJq83vEjRWeJq83vEjRWeJq8" };\nADMIN_PASSWORD=Hunter22\n`;
  const values = [...text.matchAll(GIVEN), ...text.matchAll(SET)].map(([, value]) => value ?? "");

  expect(values.filter(looksLikeSecret)).toHaveLength(2);
});

function textOf(folder: string, name: string): string {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

it("makes for each data folder secrets of its own, which nobody else reads", async () => {
  const secrets: string[] = [];
  for (let folders = 0; folders < 2; folders++) {
    const folder = scratchFolder();
    // oxlint-disable-next-line no-await-in-loop -- One host after the other.
    const { host, client } = await startHost("node", folder, { BOOTSTRAP_TOKEN: null });
    onTestFinished(() => host.kill9());
    const names = readdirSync(folder).filter((name) => /key|token|password/.test(name));
    // oxlint-disable-next-line no-await-in-loop
    await expect.poll(() => textOf(folder, ADMIN_FILE)).toMatch(/\n$/);
    for (const name of new Set([...names, ADMIN_FILE])) {
      const path = join(folder, name);
      expect(statSync(path).mode & 0o077, name).toBe(0);
      secrets.push(textOf(folder, name).trim());
    }
    for (const [username, password] of FIRST_TRIES) {
      // oxlint-disable-next-line no-await-in-loop
      const { status } = await client.ask("POST", "/api/v1/login", {
        token: null,
        body: { username, password },
      });
      expect([400, 401, 429], `${username}/${password}`).toContain(status);
    }
    for (const token of ["default_token", "x".repeat(40), "admin"]) {
      // oxlint-disable-next-line no-await-in-loop
      const { status } = await client.ask("GET", "/api/v1/jobs", { token });
      expect(status).toBe(401);
    }
    // oxlint-disable-next-line no-await-in-loop
    await host.stop();
  }

  expect(secrets.length).toBeGreaterThanOrEqual(6);
  expect(new Set(secrets).size).toBe(secrets.length);
  for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(20);
});
