import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { browserOfFile } from "../support/browser/browser-of-file.ts";
import { ADMIN, startStandalone } from "../support/browser/dashboard-host.ts";
import { type Cookies, logIn } from "../support/browser/log-in.ts";

const KIB = 1_024;
/** What a first visit may transfer until it shows something, compressed as the host sends it. */
const LOAD_BYTES_MAX = 170 * KIB;
/** What is uploaded to Cloudflare, compressed; with room below the platform's 3 MB. */
const UPLOAD_KIB_MAX = 500;
const HEADING_MS_MAX = 20_000;
const BUNDLE_MS_MAX = 120_000;
const ROOT = new URL("../../", import.meta.url).pathname;

const exec = promisify(execFile);
const open = browserOfFile();
let url: string;
let cookies: Cookies;

beforeAll(async () => {
  const host = await startStandalone();
  url = host.client.url;
  cookies = await logIn(url, ADMIN);
  return () => host.stop();
});

interface Load {
  readonly headingMs: number;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
}

/** Runs in the page, before anything of its own: remembers when the first heading was there. */
function markHeading(): void {
  const seen = new MutationObserver(() => {
    if (document.querySelector("h1") === null) return;
    performance.mark("heading");
    seen.disconnect();
  });
  seen.observe(document, { childList: true, subtree: true });
}

/** Runs in the page: the document, and the scripts and styles that were asked for before the heading. */
function loaded(): Load {
  const headingMs = performance.getEntriesByName("heading")[0]?.startTime ?? 0;
  const files = performance
    .getEntries()
    .filter((entry) => entry instanceof PerformanceResourceTiming)
    .filter(({ name, entryType, startTime }) => {
      return (entryType === "navigation" || /\.(?:js|css)$/.test(name)) && startTime <= headingMs;
    });
  return {
    headingMs,
    files: files.map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize })),
  };
}

test.each([
  ["/", "Home"],
  ["/login", "Log in"],
])("%s shows its first heading after 170 KiB at most", async (path, heading) => {
  const isInside = path !== "/login";
  const shown = await open(`${url}/healthz`, {
    language: "en",
    ...(isInside ? { cookies } : {}),
  });
  await shown.page.addInitScript(markHeading);
  await shown.page.goto(url + path);
  const found = shown.page.getByRole("heading", { level: 1, name: heading });
  await found.waitFor({ timeout: HEADING_MS_MAX });

  const { headingMs, files } = await shown.page.evaluate(loaded);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  process.stdout.write(
    `${path}: ${(bytes / KIB).toFixed(1)} KiB in ${files.length} files; ` +
      `first heading after ${headingMs.toFixed(0)} ms\n`,
  );

  expect(files.length).toBeGreaterThan(2);
  expect(bytes).toBeLessThanOrEqual(LOAD_BYTES_MAX);
});

test(
  "what is uploaded to Cloudflare is 500 KiB at most",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "tickwheel-upload-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const env = {
      ...process.env,
      CI: "1",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_LOG_PATH: folder,
    };
    const args = ["deploy", "--dry-run", "--outdir", join(folder, "worker")];
    const { stdout } = await exec(`${ROOT}node_modules/.bin/wrangler`, args, {
      cwd: ROOT,
      env,
      timeout: BUNDLE_MS_MAX,
    });

    const kib = Number(/gzip: ([\d.]+) KiB/.exec(stdout)?.[1]);
    process.stdout.write(`upload: ${kib} KiB, compressed\n`);
    expect(kib).toBeLessThanOrEqual(UPLOAD_KIB_MAX);
  },
  BUNDLE_MS_MAX,
);
