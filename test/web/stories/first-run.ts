import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Open } from "../../support/browser/browser-of-file.ts";
import { ADMIN, SETUP_TOKEN, startWorkers } from "../../support/browser/dashboard-host.ts";
import { eventually } from "../../support/eventually.ts";
import { HostProcess } from "../../support/host-process.ts";
import { answered, button, field, heading, link, logInWith, shows } from "./on-screen.ts";

const GREEN_MS_MAX = 60_000;
const PASSWORD_FILE = "first-admin-password";

/**
 * The first minute with the development profile on an empty folder, with nothing set: the password from its
 * file, the login, and ticks on Home. Gives the milliseconds from the start of the process to the first green one.
 */
export async function firstRunStandalone(open: Open): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "tickwheel-first-run-"));
  const nothingSet = { BOOTSTRAP_TOKEN: null, EGRESS_ALLOW: null, LOG_LEVEL: null };
  const host = new HostProcess("node", ["--dev", "--port", "0", "--data", folder], nothingSet);
  try {
    const { url } = await host.ready();
    const password = await eventually("the password is in its file", () =>
      wordIn(join(folder, PASSWORD_FILE)),
    );
    expect(host.stdout + host.stderr).not.toContain(password);
    const opened = await open(url);
    const { page } = opened;
    await logInWith(page, { username: ADMIN.username, password });

    await shows(heading(page, "Home"), page.getByText("The scheduler is on time"));
    await shows(link(page, /demo-every-5s/));
    await shows(link(page, /^[1-9]\d* succeeded in 24 h$/));
    await link(page, /^[1-9]\d* succeeded in 24 h$/).click();
    await shows(page.getByRole("row", { name: /succeeded.*demo-/ }));
    const greenMs = Date.now() - host.startedMs;

    expect(greenMs).toBeLessThan(GREEN_MS_MAX);
    await opened.expectClean([answered(401)]);
    return greenMs;
  } finally {
    await host.kill9();
    rmSync(folder, { recursive: true, force: true });
  }
}

function wordIn(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}

/** A fresh Worker: whoever has the setup token makes the first user in the browser; everybody else is too late. */
export async function firstRunWorkers(open: Open): Promise<void> {
  const host = await startWorkers();
  try {
    const [first, second] = [
      await open(`${host.client.url}/`),
      await open(`${host.client.url}/setup`),
    ];
    await link(first.page, /This instance has no user yet/).click();
    await field(second.page, "Username").waitFor();

    await setUp(first.page, "no-such-token-at-all", ADMIN.password);
    await shows(first.page.getByText("Not the setup token."));
    await setUp(first.page, SETUP_TOKEN, ADMIN.password);
    await shows(heading(first.page, "Home"), first.page.getByText("Nothing is scheduled yet"));

    await setUp(second.page, SETUP_TOKEN, "another eleven ticks");
    await shows(
      second.page.getByRole("alert").getByText("Log in; an admin can make further users."),
    );
    await second.page.reload();
    await shows(second.page.getByText("This instance is set up already."));
    await link(second.page, "Log in").click();
    await logInWith(second.page, ADMIN);
    await shows(heading(second.page, "Home"));

    await first.expectClean([answered(401)]);
    await second.expectClean([answered(401, 409)]);
  } finally {
    await host.stop();
  }
}

async function setUp(page: Parameters<typeof heading>[0], token: string, password: string) {
  await page.getByLabel("Setup token").fill(token);
  await page.getByLabel("Password").fill(password);
  await button(page, "Make the first user").click();
}
