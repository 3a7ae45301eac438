import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@libsql/client/web";
import { drizzle } from "drizzle-orm/libsql/web";
import { describe, expect, it, onTestFinished } from "vitest";
import { LibsqlPeople } from "../../src/adapters/libsql-people.ts";
import { migrate } from "../../src/adapters/migrate.ts";
import { ScryptPasswords } from "../../src/adapters/scrypt-passwords.ts";
import { FirstAdmin } from "../../src/standalone/first-admin.ts";
import { readMigrations } from "../../src/standalone/migrations.ts";
import { HostProcess, type Environment } from "../support/host-process.ts";
import { CHEAP_COST } from "../support/open-api.ts";
import { scratchFolder } from "../support/scratch-folder.ts";
import { startHrana } from "../../workers/dev/hrana.ts";

const OWN = "correct horse battery";
const FILE = "first-admin-password";

interface Started {
  readonly host: HostProcess;
  readonly url: string;
}

async function start(folder: string, env: Environment = {}, flags: readonly string[] = []) {
  const host = new HostProcess("node", ["--port", "0", "--data", folder, ...flags], {
    LOG_LEVEL: "info",
    ...env,
  });
  onTestFinished(() => host.kill9());
  await host.ready();
  const url = /^tickwheel ready (\S+)\n/.exec(host.stdout)?.[1] ?? "";
  return { host, url };
}

async function statusOf({ url }: Started, password: string): Promise<number> {
  const answer = await fetch(`${url}/api/v1/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password }),
  });
  return answer.status;
}

/** The password in the file; waits until the host has written it. */
async function fileIn(folder: string): Promise<string> {
  const file = join(folder, FILE);
  await expect.poll(() => existsSync(file) && readFileSync(file, "utf8")).toMatch(/\n$/);
  return readFileSync(file, "utf8").trim();
}

describe("the first admin", () => {
  it("is made by the first start alone, with a password that only its file tells", async () => {
    const folder = scratchFolder();
    const first = await start(folder);
    const password = await fileIn(folder);

    expect(password).toMatch(/^([2-9a-kmnp-z]{4}-){4}[2-9a-kmnp-z]{4}$/);
    expect(statSync(join(folder, FILE)).mode & 0o777).toBe(0o600);
    expect(await statusOf(first, password)).toBe(200);
    expect(await statusOf(first, "admin")).toBe(401);
    await expect.poll(() => first.host.stdout + first.host.stderr).toContain(FILE);
    expect(first.host.stdout + first.host.stderr).not.toContain(password);
    await first.host.stop();

    rmSync(join(folder, FILE));
    const second = await start(folder, { ADMIN_PASSWORD: OWN });
    expect(await statusOf(second, password)).toBe(200);
    expect(await statusOf(second, OWN)).toBe(401);
    await second.host.stop();
    expect(existsSync(join(folder, FILE))).toBe(false);
  });

  it("has the password that the operator chose, which is written nowhere", async () => {
    const folder = scratchFolder();
    const started = await start(folder, { ADMIN_PASSWORD: OWN });

    expect(await statusOf(started, OWN)).toBe(200);
    await started.host.stop();
    expect(existsSync(join(folder, FILE))).toBe(false);
    expect(started.host.stdout + started.host.stderr).not.toContain(OWN);
  });

  it("gets a new password with --reset-admin, and the old one is over", async () => {
    const folder = scratchFolder();
    const first = await start(folder, { ADMIN_PASSWORD: OWN });
    await first.host.stop();

    const second = await start(folder, { ADMIN_PASSWORD: OWN }, ["--reset-admin"]);
    const password = await fileIn(folder);

    expect(await statusOf(second, OWN)).toBe(401);
    expect(await statusOf(second, password)).toBe(200);
    await second.host.stop();
  });

  it("is announced after the ready line in the development profile", async () => {
    const { host, url } = await start(scratchFolder(), {}, ["--dev"]);

    await expect.poll(() => host.stdout).toContain("Dashboard");
    expect(host.stdout.split("\n").slice(0, 2)).toEqual([
      `tickwheel ready ${url}`,
      `Dashboard  ${url}/`,
    ]);
    await host.stop();
  });
});

describe("with the records away", () => {
  it("nobody is made, and it is tried again", async () => {
    const file = join(scratchFolder(), "records.db");
    const front = { file, token: "a-token-of-the-tests", host: "127.0.0.1" };
    const first = await startHrana({ ...front, port: 0 });
    const client = createClient({ url: first.url, authToken: front.token });
    await migrate(client, await readMigrations());
    await first.close();
    const warnings: string[] = [];
    const admin = new FirstAdmin({
      catchUp: () => Promise.resolve(),
      people: new LibsqlPeople(drizzle(client)),
      passwords: new ScryptPasswords(new Map(), { cost: CHEAP_COST }),
      settings: { adminPassword: null, resetsAdmin: false },
      clock: { nowMs: () => 1_000 },
      log: { info: () => {}, warn: (text) => void warnings.push(text), error: () => {} },
    });

    const away = await admin.ensure();
    const second = await startHrana({ ...front, port: Number(new URL(first.url).port) });
    const made = await admin.ensure();
    const again = await admin.ensure();
    client.close();
    await second.close();

    expect(away).toBeNull();
    expect(warnings).toEqual([expect.stringContaining("tried again")]);
    expect(made?.password).toMatch(/-/);
    expect(again).toBeNull();
  });
});
